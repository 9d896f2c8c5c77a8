//! A recipient's side of message pickup 1.0, 2.0 and 4.0.

use bytes::Bytes;
use didcomm::base64;
use serde_json::Value;

use super::message::{parse_named, request, text};
use crate::wire::Message;
use crate::{Dialect, limits, pickup};

/// A message as it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The id to acknowledge.
    pub id: String,
    /// The envelope.
    pub envelope: Bytes,
}

/// A status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Messages waiting.
    pub messages: u64,
    /// Whether live delivery is on.
    pub live: bool,
}

fn addressed(dialect: &dyn Dialect, name: &str, id: &str, key: Option<&str>) -> Message {
    let field = if is_v4(dialect) { "recipient_did" } else { "recipient_key" };
    request(dialect.protocol(), name, id).with_some(field, key)
}

fn is_v4(dialect: &dyn Dialect) -> bool {
    dialect.protocol().major == pickup::V4_0.protocol().major
}

/// Asks how much is waiting, in the version of `dialect`.
pub fn status_request(dialect: &dyn Dialect, id: &str, key: Option<&str>) -> Vec<u8> {
    addressed(dialect, "status-request", id, key).into_bytes()
}

/// Asks for mail, in the version of `dialect`: 2.0 or 4.0.
pub fn delivery_request(dialect: &dyn Dialect, id: &str, limit: i64, key: Option<&str>) -> Vec<u8> {
    let field = if is_v4(dialect) { "message_count_limit" } else { "limit" };
    addressed(dialect, "delivery-request", id, key).with(field, limit).into_bytes()
}

/// Acknowledges mail, in the version of `dialect`: 2.0 or 4.0.
pub fn messages_received(dialect: &dyn Dialect, id: &str, ids: &[String]) -> Vec<u8> {
    request(dialect.protocol(), "messages-received", id).with("message_id_list", ids).into_bytes()
}

/// Switches live delivery, in the version of `dialect`: 2.0 or 4.0.
pub fn live_delivery_change(dialect: &dyn Dialect, id: &str, on: bool) -> Vec<u8> {
    request(dialect.protocol(), "live-delivery-change", id).with("live_delivery", on).into_bytes()
}

/// Asks for mail in version 1.0.
pub fn batch_pickup(id: &str, size: i64) -> Vec<u8> {
    request(pickup::V1_0.protocol(), "batch-pickup", id).with("batch_size", size).into_bytes()
}

/// Reads a status of any version; `None` when it is another message.
pub fn read_status(plaintext: &[u8]) -> Option<Waiting> {
    let message = parse_named(plaintext, "status")?;
    Some(Waiting {
        messages: message["message_count"].as_u64()?,
        live: message["live_delivery"].as_bool().unwrap_or(false),
    })
}

/// Reads a delivery; `None` when it is another message or damaged.
pub fn read_delivery(plaintext: &[u8]) -> Option<Vec<Delivered>> {
    let message = parse_named(plaintext, "delivery")?;
    message["~attach"].as_array()?.iter().map(attached).collect()
}

/// Reads a batch of version 1.0; `None` when it is another message or damaged.
pub fn read_batch(plaintext: &[u8]) -> Option<Vec<Delivered>> {
    let message = parse_named(plaintext, "batch")?;
    message["messages~attach"].as_array()?.iter().map(batched).collect()
}

fn attached(attachment: &Value) -> Option<Delivered> {
    let data = &attachment["data"];
    let envelope = match data["base64"].as_str() {
        Some(text) => base64::decode(text, limits::PLAINTEXT).ok()?,
        None => data.get("json")?.to_string().into_bytes(),
    };
    Some(Delivered { id: text(&attachment["@id"]), envelope: envelope.into() })
}

fn batched(entry: &Value) -> Option<Delivered> {
    let envelope = match entry.get("message")? {
        Value::String(text) => text.clone(),
        message => message.to_string(),
    };
    Some(Delivered { id: text(&entry["id"]), envelope: envelope.into() })
}
