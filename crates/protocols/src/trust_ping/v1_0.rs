//! trust_ping 1.0.

use serde::Deserialize;

use crate::wire::{self, Message};
use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply};

/// trust_ping 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

const PROTOCOL: Protocol = Protocol::new("trust_ping", 1, 0);

/// Asks a peer whether it is there. Its response carries `id` as its thread.
pub fn ask(id: &str) -> Vec<u8> {
    Message::new(PROTOCOL, "ping", None, id).with("response_requested", true).into_bytes()
}

#[derive(Deserialize)]
struct Ping {
    #[serde(default)]
    response_requested: Option<bool>,
}

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["sender", "receiver"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        match head.kind.name.as_str() {
            "ping" => {
                let ping: Ping = wire::read(plaintext, "response_requested is no truth value")?;
                Ok(Command::Ping { response_requested: ping.response_requested.unwrap_or(true) })
            }
            "ping_response" | "ping-response" => Ok(Command::Ignored),
            _ => Err(Fault::UnknownType),
        }
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        match reply {
            Reply::Pong => Message::new(PROTOCOL, "ping_response", thread, id).into_bytes(),
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}
