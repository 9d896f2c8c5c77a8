//! routing 1.0. `forward` is the hottest message of a mediator: the envelope inside is found, not parsed.

use std::borrow::Cow;

use bytes::Bytes;
use didcomm::Destination;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::command::Forward;
use crate::message::Glance;
use crate::{Command, Dialect, Fault, Head, Protocol, Reply, limits, reply};

/// routing 1.0.
#[derive(Debug, Clone, Copy)]
pub struct V1_0;

/// A text that is borrowed unless it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Dialect for V1_0 {
    fn protocol(&self) -> Protocol {
        Protocol::new(super::NAME, 1, 0)
    }

    fn roles(&self) -> &'static [&'static str] {
        &["mediator"]
    }

    fn decode(&self, _head: &Head, plaintext: &[u8]) -> Result<Command, Fault> {
        read(&Glance::of(plaintext)?)
    }

    fn encode(&self, reply: &Reply<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
        reply::in_own_protocol(reply, thread, id)
    }
}

/// Reads a forward whose members were found with its head.
pub(crate) fn read(glance: &Glance<'_>) -> Result<Command, Fault> {
    if glance.head.kind.name != "forward" {
        return Err(Fault::UnknownType);
    }
    let (Some(to), Some(msg)) = (glance.to, glance.msg) else {
        return Err(Fault::Malformed("a forward needs `to` and `msg`"));
    };
    Ok(Command::Forward(Forward { to: destination(to)?, envelope: envelope(msg)? }))
}

fn destination(to: &RawValue) -> Result<Destination, Fault> {
    const FAULT: Fault = Fault::Malformed("`to` is neither a key nor a DID");
    if to.get().len() > limits::DESTINATION {
        return Err(Fault::TooLarge);
    }
    let text: Text<'_> = serde_json::from_str(to.get()).map_err(|_| FAULT)?;
    Destination::parse(&text.0).map_err(|_| FAULT)
}

/// The envelope as text. Peers of the Indy SDK's time send it as a string.
fn envelope(msg: &RawValue) -> Result<Bytes, Fault> {
    let text = msg.get();
    match text.as_bytes().first() {
        Some(b'{') => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some(b'"') => unwrapped(text),
        _ => Err(Fault::Malformed("`msg` is no envelope")),
    }
}

fn unwrapped(text: &str) -> Result<Bytes, Fault> {
    const FAULT: Fault = Fault::Malformed("`msg` is a string without an envelope");
    let inner: String = serde_json::from_str(text).map_err(|_| FAULT)?;
    let value: &RawValue = serde_json::from_str(&inner).map_err(|_| FAULT)?;
    match value.get().as_bytes().first() {
        Some(b'{') => Ok(Bytes::copy_from_slice(value.get().as_bytes())),
        _ => Err(FAULT),
    }
}
