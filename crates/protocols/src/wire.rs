//! Small helpers for reading and writing JSON messages.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::dialect::Protocol;
use crate::fault::Fault;
use crate::message::Head;

/// Reads a body. The parser's own words are dropped: they may quote the message.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    plaintext: &'a [u8],
    fault: &'static str,
) -> Result<T, Fault> {
    serde_json::from_slice(plaintext).map_err(|_| Fault::Malformed(fault))
}

/// `text` as a JSON string, quotes included.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// `text`, cut to `limit` characters.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// A message that is being written.
pub(crate) struct Message(Map<String, Value>);

impl Message {
    /// Begins a message of `protocol`, in the thread of `answered`.
    pub(crate) fn new(protocol: Protocol, name: &str, answered: Option<&Head>, id: &str) -> Self {
        let message = Self(Map::new()).with("@type", protocol.message(name)).with("@id", id);
        match answered.and_then(Head::thread) {
            Some(thid) => message.with("~thread", json!({ "thid": thid })),
            None => message,
        }
    }

    /// Sets `~thread.pthid`, when there is one.
    pub(crate) fn parent(mut self, pthid: Option<&str>) -> Self {
        if let Some(pthid) = pthid.filter(|pthid| !pthid.is_empty()) {
            let thread = self.0.entry("~thread").or_insert_with(|| json!({}));
            if let Some(thread) = thread.as_object_mut() {
                thread.insert("pthid".into(), pthid.into());
            }
        }
        self
    }

    /// Sets a member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a member, when there is a value: `null` is never sent.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The message as a value.
    pub(crate) fn into_json(self) -> Value {
        Value::Object(self.0)
    }

    /// The plaintext.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.into_json().to_string().into_bytes()
    }
}
