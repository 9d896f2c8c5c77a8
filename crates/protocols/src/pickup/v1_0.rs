//! messagepickup 1.0 (RFC 0212): mail is handed over without acknowledgement.

use serde::Deserialize;

use super::delivery::batch;
use super::request::{self, Limit};
use crate::reply::PickupStatus;
use crate::time::iso8601;
use crate::wire::{self, Message};
use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply};

/// messagepickup 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

const PROTOCOL: Protocol = Protocol::new("messagepickup", 1, 0);

#[derive(Deserialize)]
struct BatchPickup {
    batch_size: Limit,
}

#[derive(Deserialize)]
struct ListPickup {
    message_ids: Vec<String>,
}

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["message_holder", "batch_sender"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        match head.kind.name.as_str() {
            "status-request" => Ok(Command::StatusRequest { key: None }),
            "batch-pickup" => {
                let body: BatchPickup = wire::read(plaintext, "`batch_size` is no whole number")?;
                Ok(Command::BatchPickup { size: body.batch_size.positive()? })
            }
            "list-pickup" => {
                let body: ListPickup = wire::read(plaintext, "`message_ids` is no list of texts")?;
                Ok(Command::ListPickup { ids: request::ids(body.message_ids)? })
            }
            "noop" => Ok(Command::Noop),
            _ => Err(Fault::UnknownType),
        }
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        match reply {
            Reply::Status(status) | Reply::NothingWaiting(status) => {
                encode_status(status, thread, id)
            }
            Reply::Batch(items) => batch(PROTOCOL, "batch", items, thread, id),
            Reply::Listed(items) => batch(PROTOCOL, "list-response", items, thread, id),
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}

fn encode_status(status: &PickupStatus, thread: Option<&Head>, id: &str) -> Vec<u8> {
    Message::new(PROTOCOL, "status", thread, id)
        .with("message_count", status.messages)
        .with("total_size", status.bytes)
        .with_some("duration_waited", status.waited_seconds())
        .with_some("last_added_time", status.newest_ms.map(iso8601))
        .into_bytes()
}
