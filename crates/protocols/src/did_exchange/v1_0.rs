//! didexchange 1.0.

use crate::{Command, Dialect, Fault, Handshake, Head, Protocol, Reply};

/// didexchange 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

pub(crate) const PROTOCOL: Protocol = Protocol::new("didexchange", 1, 0);

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["responder"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        super::decode(Handshake::DidExchange10, head, plaintext)
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        super::encode(PROTOCOL, reply, thread, id)
    }
}
