//! report-problem 1.0.

use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply};

/// report-problem 1.0. Its reports are understood before any dialect is asked.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        Protocol::new("report-problem", 1, 0)
    }

    fn decode(&self, _head: &Head, _plaintext: &[u8]) -> Result<Command, Fault> {
        Err(Fault::UnknownType)
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        reply::in_own_protocol(reply, thread, id)
    }
}
