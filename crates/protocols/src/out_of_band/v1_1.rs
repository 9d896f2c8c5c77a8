//! out-of-band 1.1.

use super::reuse;
use crate::{Command, Dialect, Fault, Head, Protocol, Reply};

/// out-of-band 1.1.
#[derive(Debug, Clone, Copy)]
pub struct V1_1;

pub(super) const PROTOCOL: Protocol = Protocol::new("out-of-band", 1, 1);

impl Dialect for V1_1 {
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
