//! DID exchange (RFC 0023): two agents tell each other their DIDs. We are the responder.

mod request;
mod response;
mod v1_0;
mod v1_1;

use crate::{Command, Fault, Handshake, Head, Protocol, Reply, reply, report_problem};

pub(crate) use v1_0::PROTOCOL as V1_0_PROTOCOL;
pub use v1_0::V1_0;
pub(crate) use v1_1::PROTOCOL as V1_1_PROTOCOL;
pub use v1_1::V1_1;

fn decode(handshake: Handshake, head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
    match head.kind.name.as_str() {
        "request" => {
            request::read(handshake, plaintext).map(|request| Command::Connect(Box::new(request)))
        }
        "complete" => Ok(Command::Complete),
        _ => Err(Fault::UnknownType),
    }
}

fn encode(protocol: Protocol, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
    match reply {
        Reply::Connected(response) => response::encode(protocol, response, thread, id),
        Reply::Problem(problem) => report_problem::in_handshake(protocol, problem, thread, id),
        other => reply::in_own_protocol(other, thread, id),
    }
}

#[cfg(test)]
mod tests;
