//! connections 1.0.

use super::{request, response};
use crate::{Command, Dialect, Fault, Head, Protocol, Reply, reply, report_problem};

/// connections 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

pub(crate) const PROTOCOL: Protocol = Protocol::new("connections", 1, 0);

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        PROTOCOL
    }

    fn roles(&self) -> &'static [&'static str] {
        &["inviter"]
    }

    fn decode(&self, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        match head.kind.name.as_str() {
            "request" => {
                request::read(plaintext).map(|request| Command::Connect(Box::new(request)))
            }
            _ => Err(Fault::UnknownType),
        }
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        match reply {
            Reply::Connected(connected) => response::encode(connected, thread, id),
            Reply::Problem(problem) => report_problem::in_handshake(PROTOCOL, problem, thread, id),
            other => reply::in_own_protocol(other, thread, id),
        }
    }
}
