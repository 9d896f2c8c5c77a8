//! out-of-band 1.0.

use super::reuse;
use crate::{Command, Dialect, Fault, Head, Protocol, Reply};

/// out-of-band 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

const PROTOCOL: Protocol = Protocol::new("out-of-band", 1, 0);

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["sender"]
    }

    fn decode(&self, head: &Head, _plaintext: &[u8]) -> Result<Command, Fault> {
        reuse::decode(head)
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        reuse::encode(PROTOCOL, reply, thread, id)
    }
}
