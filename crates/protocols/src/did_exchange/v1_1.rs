//! didexchange 1.1.

use crate::{Command, Dialect, Fault, Handshake, Head, Protocol, Reply};

/// didexchange 1.1.
#[derive(Debug, Clone, Copy)]
pub struct V1_1;

pub(crate) const PROTOCOL: Protocol = Protocol::new("didexchange", 1, 1);

impl Dialect for V1_1 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["responder"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        super::decode(Handshake::DidExchange11, head, plaintext)
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        super::encode(PROTOCOL, reply, thread, id)
    }
}
