//! Using a connection that exists instead of making another (RFC 0434, "Reuse Messages").

use crate::wire::Message;
use crate::{Command, Fault, Head, Protocol, Reply, reply};

pub(super) fn decode(head: &Head) -> Result<Command, Fault> {
    match head.kind.name.as_str() {
        "handshake-reuse" => Ok(Command::Reuse),
        "handshake-reuse-accepted" => Ok(Command::Ignored),
        _ => Err(Fault::UnknownType),
    }
}

pub(super) fn encode(
    protocol: Protocol,
    reply: &Reply<'_>,
    thread: Option<&Head>,
    id: &str,
) -> Vec<u8> {
    match reply {
        Reply::ReuseAccepted => Message::new(protocol, "handshake-reuse-accepted", thread, id)
            .parent(thread.and_then(|head| head.pthid.as_deref()))
            .into_bytes(),
        other => reply::in_own_protocol(other, thread, id),
    }
}
