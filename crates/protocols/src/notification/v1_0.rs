//! notification 1.0.

use crate::wire::Message;
use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply};

/// notification 1.0. Its `ack` and `problem-report` are understood before any dialect is asked.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

pub(crate) const PROTOCOL: Protocol = Protocol::new("notification", 1, 0);

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn decode(&self, _head: &Head, _plaintext: &[u8]) -> Result<Command, Fault> {
        Err(Fault::UnknownType)
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        match reply {
            Reply::Ack => {
                Message::new(PROTOCOL, "ack", thread, id).with("status", "OK").into_bytes()
            }
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}
