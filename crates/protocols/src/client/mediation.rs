//! A recipient's side of coordinate-mediation 1.0.

use didcomm::VerKey;
use serde_json::{Value, json};

use super::message::{parse_named, request, text};
use crate::{Dialect, Page, Protocol, coordinate_mediation};

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Where senders post to.
    pub endpoint: String,
    /// Keys they wrap for, nearest the recipient first.
    pub routing_keys: Vec<VerKey>,
}

fn protocol() -> Protocol {
    coordinate_mediation::V1_0.protocol()
}

/// Asks for mediation.
pub fn mediate_request(id: &str) -> Vec<u8> {
    request(protocol(), "mediate-request", id).into_bytes()
}

/// Reads a grant; `None` when it is none.
pub fn read_grant(plaintext: &[u8]) -> Option<Granted> {
    let message = parse_named(plaintext, "mediate-grant")?;
    let keys = message["routing_keys"].as_array()?;
    let routing_keys =
        keys.iter().map(|key| VerKey::parse(key.as_str()?).ok()).collect::<Option<_>>()?;
    Some(Granted { endpoint: text(&message["endpoint"]), routing_keys })
}

/// Adds (`true`) and removes (`false`) keys, written as given.
pub fn keylist_update(id: &str, updates: &[(&str, bool)]) -> Vec<u8> {
    let entry = |(key, add): &(&str, bool)| json!({ "recipient_key": key, "action": if *add { "add" } else { "remove" } });
    let updates: Vec<Value> = updates.iter().map(entry).collect();
    request(protocol(), "keylist-update", id).with("updates", updates).into_bytes()
}

/// The key and the result of each update; `None` when it is another message.
pub fn read_keylist_updated(plaintext: &[u8]) -> Option<Vec<(String, String)>> {
    let message = parse_named(plaintext, "keylist-update-response")?;
    let updates = message["updated"].as_array()?;
    Some(
        updates
            .iter()
            .map(|update| (text(&update["recipient_key"]), text(&update["result"])))
            .collect(),
    )
}

/// Asks for the keylist, or a page of it.
pub fn keylist_query(id: &str, page: Option<Page>) -> Vec<u8> {
    let paginate = page.map(|page| match page.limit {
        Some(limit) => json!({ "limit": limit, "offset": page.offset }),
        None => json!({ "limit": -1, "offset": page.offset }),
    });
    request(protocol(), "keylist-query", id).with_some("paginate", paginate).into_bytes()
}

/// The keys of a keylist, and how many come after them; `None` when it is another message.
pub fn read_keylist(plaintext: &[u8]) -> Option<(Vec<String>, u64)> {
    let message = parse_named(plaintext, "keylist")?;
    let keys = message["keys"].as_array()?.iter().map(|key| text(&key["recipient_key"])).collect();
    Some((keys, message["pagination"]["remaining"].as_u64().unwrap_or(0)))
}
