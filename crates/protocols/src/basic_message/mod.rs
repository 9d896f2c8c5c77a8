//! Basic message (RFC 0095): people may write to a mediator; it listens and stays quiet.

use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply};

/// basicmessage 1.0. Not disclosed: nobody reads here.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        Protocol::new("basicmessage", 1, 0)
    }

    fn disclosed(&self) -> bool {
        false
    }

    fn decode(&self, _head: &Head, _plaintext: &[u8]) -> Result<Command, Fault> {
        Ok(Command::Ignored)
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        reply::in_own_protocol(reply, thread, id)
    }
}
