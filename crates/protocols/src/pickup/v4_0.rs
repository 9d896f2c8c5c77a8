//! message-pickup 4.0 over DIDComm v1: fields at top level, decorators as in 2.0, times in milliseconds.

use serde::Deserialize;

use super::delivery::delivery;
use super::request::{self, Limit, LiveChange, Received};
use crate::command::KeyFilter;
use crate::reply::PickupStatus;
use crate::wire::{self, Message};
use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply, report_problem};

/// message-pickup 4.0.
#[derive(Debug, Clone, Copy)]
pub struct V4_0;

const PROTOCOL: Protocol = Protocol::new("message-pickup", 4, 0);
const FILTER: &str = "recipient_did";

#[derive(Deserialize)]
struct StatusRequest {
    #[serde(default)]
    recipient_did: Option<String>,
}

#[derive(Deserialize)]
struct DeliveryRequest {
    #[serde(alias = "limit")]
    message_count_limit: Limit,
    #[serde(default)]
    recipient_did: Option<String>,
}

impl Dialect for V4_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["mediator"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        match head.kind.name.as_str() {
            "status-request" => {
                let body: StatusRequest = wire::read(plaintext, "`recipient_did` is no text")?;
                Ok(Command::StatusRequest { key: request::filter(body.recipient_did)? })
            }
            "delivery-request" => {
                let body: DeliveryRequest =
                    wire::read(plaintext, "`message_count_limit` is no whole number")?;
                let limit = body.message_count_limit.positive()?;
                Ok(Command::DeliveryRequest { limit, key: request::filter(body.recipient_did)? })
            }
            "messages-received" => {
                let body: Received =
                    wire::read(plaintext, "`message_id_list` is no list of texts")?;
                Ok(Command::MessagesReceived { ids: request::ids(body.message_id_list)? })
            }
            "live-delivery-change" => {
                let body: LiveChange = wire::read(plaintext, "`live_delivery` is no truth value")?;
                Ok(Command::LiveDelivery(body.live_delivery))
            }
            _ => Err(Fault::UnknownType),
        }
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        match reply {
            Reply::Status(status) => encode_status(status, thread, id),
            Reply::NothingWaiting(status) => {
                delivery(PROTOCOL, &[], named(status.key.as_ref()), thread, id)
            }
            Reply::Delivery { items, key } => {
                delivery(PROTOCOL, items, named(key.as_ref()), thread, id)
            }
            Reply::Problem(problem) => {
                report_problem::described(PROTOCOL, "problem-report", problem, thread, id)
                    .into_bytes()
            }
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}

fn named(key: Option<&KeyFilter>) -> Option<(&str, &str)> {
    key.map(|key| (FILTER, key.text.as_str()))
}

fn encode_status(status: &PickupStatus, thread: Option<&Head>, id: &str) -> Vec<u8> {
    Message::new(PROTOCOL, "status", thread, id)
        .with_some(FILTER, status.key.as_ref().map(|key| key.text.as_str()))
        .with("message_count", status.messages)
        .with_some("newest_received_time", status.newest_ms)
        .with_some("oldest_received_time", status.oldest_ms)
        .with("total_bytes", status.bytes)
        .with("live_delivery", status.live)
        .into_bytes()
}
