//! coordinate-mediation 1.0.

use didcomm::VerKey;
use serde_json::{Value, json};

use super::keylist;
use crate::reply::{KeyUpdated, PageInfo};
use crate::wire::Message;
use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply, report_problem};

/// coordinate-mediation 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

const PROTOCOL: Protocol = Protocol::new("coordinate-mediation", 1, 0);

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["mediator"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        match head.kind.name.as_str() {
            "mediate-request" => Ok(Command::MediateRequest),
            "keylist-update" => keylist::read_updates(plaintext).map(Command::KeylistUpdate),
            "keylist-query" => keylist::read_query(plaintext).map(Command::KeylistQuery),
            _ => Err(Fault::UnknownType),
        }
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        let message = |name: &str| Message::new(PROTOCOL, name, thread, id);
        match reply {
            Reply::Grant { endpoint, routing_keys } => {
                granted(message("mediate-grant"), endpoint, routing_keys).into_bytes()
            }
            Reply::Deny => message("mediate-deny").into_bytes(),
            Reply::KeylistUpdated(updates) => {
                message("keylist-update-response").with("updated", updated(updates)).into_bytes()
            }
            Reply::Keylist { keys, page } => message("keylist")
                .with("keys", keylist::entries(keys))
                .with_some("pagination", page.map(|page| pagination(page, keys.len())))
                .into_bytes(),
            Reply::Problem(problem) => {
                report_problem::described(PROTOCOL, "problem-report", problem, thread, id)
                    .into_bytes()
            }
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}

/// Keys go out as did:key without a fragment: Credo then writes keys in that form, too.
fn granted(message: Message, endpoint: &str, routing_keys: &[VerKey]) -> Message {
    let keys: Vec<Value> = routing_keys.iter().map(|key| key.to_did_key().into()).collect();
    message.with("endpoint", endpoint).with("routing_keys", keys)
}

fn updated(updates: &[KeyUpdated]) -> Vec<Value> {
    let entry = |update: &KeyUpdated| json!({ "recipient_key": update.text, "action": update.action_text, "result": update.result.as_str() });
    updates.iter().map(entry).collect()
}

fn pagination(page: PageInfo, count: usize) -> Value {
    json!({ "count": count, "offset": page.offset, "remaining": page.remaining })
}
