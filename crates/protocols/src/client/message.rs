//! Messages of general use.

use didcomm::VerKey;
use serde_json::{Value, json};

use crate::Dialect;
use crate::wire::Message;
use crate::{Protocol, routing, trust_ping};

/// A message to the mediator that asks for the answer on the same connection.
pub(super) fn request(protocol: Protocol, name: &str, id: &str) -> Message {
    Message::new(protocol, name, None, id).with("~transport", json!({ "return_route": "all" }))
}

/// A trust ping with return route, as Credo sends it to open an implicit pickup.
pub fn ping(id: &str, response_requested: bool) -> Vec<u8> {
    request(trust_ping::V1_0.protocol(), "ping", id)
        .with("response_requested", response_requested)
        .into_bytes()
}

/// The answer to a ping with this id.
pub fn ping_response(id: &str, ping: &str) -> Vec<u8> {
    Message::new(trust_ping::V1_0.protocol(), "ping_response", None, id)
        .with("~thread", json!({ "thid": ping }))
        .into_bytes()
}

/// A message that only carries a return route (RFC 0212).
pub fn noop(id: &str) -> Vec<u8> {
    request(crate::pickup::V1_0.protocol(), "noop", id).into_bytes()
}

/// A forward of `envelope` (JSON text) to the owner of `to`. `None` when the envelope is no JSON.
pub fn forward(id: &str, to: &VerKey, envelope: &[u8]) -> Option<Vec<u8>> {
    let envelope: Value = serde_json::from_slice(envelope).ok()?;
    let message = Message::new(routing::V1_0.protocol(), "forward", None, id);
    Some(message.with("to", to.to_string()).with("msg", envelope).into_bytes())
}

/// The `@type` of a plaintext; empty when it has none.
pub fn message_type(plaintext: &[u8]) -> String {
    text(&parse(plaintext)["@type"])
}

/// The `@id` of a plaintext; empty when it has none.
pub fn message_id(plaintext: &[u8]) -> String {
    text(&parse(plaintext)["@id"])
}

/// The `~thread.thid` of a plaintext, when it has one.
pub fn thread_id(plaintext: &[u8]) -> Option<String> {
    parse(plaintext)["~thread"]["thid"].as_str().map(str::to_owned)
}

/// The code of a problem report; `None` when the plaintext is none.
pub fn problem_code(plaintext: &[u8]) -> Option<String> {
    let kind = message_type(plaintext);
    let is_report = kind.ends_with("/problem-report") || kind.ends_with("/problem_report");
    if is_report { crate::report_problem::read(plaintext).code } else { None }
}

/// `plaintext` as JSON, `null` when it is none.
pub(super) fn parse(plaintext: &[u8]) -> Value {
    serde_json::from_slice(plaintext).unwrap_or_default()
}

/// The message, when it is of the type `name`.
pub(super) fn parse_named(plaintext: &[u8], name: &str) -> Option<Value> {
    let message = parse(plaintext);
    let matches = message["@type"].as_str()?.rsplit('/').next() == Some(name);
    matches.then_some(message)
}

/// A text member; empty when it is none.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
