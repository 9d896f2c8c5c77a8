//! The bodies of keylist messages.

use didcomm::Destination;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::command::{Action, KeyUpdate, Page};
use crate::{Fault, limits, wire};

#[derive(Deserialize)]
struct Updates {
    updates: Vec<Update>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    recipient_key: Value,
    #[serde(default)]
    action: Value,
}

/// Reads `updates`. An entry that makes no sense is kept: each has its own line in the answer.
pub(super) fn read_updates(plaintext: &[u8]) -> Result<Vec<KeyUpdate>, Fault> {
    let body: Updates = wire::read(plaintext, "`updates` is no list of keys")?;
    if body.updates.len() > limits::KEY_UPDATES {
        return Err(Fault::TooLarge);
    }
    Ok(body.updates.into_iter().map(Update::into_command).collect())
}

impl Update {
    fn into_command(self) -> KeyUpdate {
        let (text, action_text) = (as_received(self.recipient_key), as_received(self.action));
        let action = match action_text.as_str() {
            "add" => Some(Action::Add),
            "remove" => Some(Action::Remove),
            _ => None,
        };
        let destination =
            if text.len() <= limits::DESTINATION { Destination::parse(&text).ok() } else { None };
        KeyUpdate { text, destination, action, action_text }
    }
}

fn as_received(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    paginate: Option<Paginate>,
}

#[derive(Deserialize)]
struct Paginate {
    #[serde(default)]
    limit: Option<i64>,
    #[serde(default)]
    offset: Option<i64>,
}

/// Reads `paginate`. A limit of -1 (ACA-Py), 0 or none is no limit.
pub(super) fn read_query(plaintext: &[u8]) -> Result<Option<Page>, Fault> {
    let body: Query = wire::read(plaintext, "`paginate` holds no numbers")?;
    Ok(body.paginate.map(|paginate| Page {
        limit: paginate
            .limit
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| *limit > 0),
        offset: paginate.offset.and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0),
    }))
}

/// The entries of `keylist`: did:key always, the only form that ACA-Py accepts here.
pub(super) fn entries(keys: &[Destination]) -> Vec<Value> {
    keys.iter().map(|key| json!({ "recipient_key": key.to_did() })).collect()
}
