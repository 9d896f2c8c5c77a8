//! Short words for tests.

use serde_json::{Value, json};

use crate::{Command, DecodeError, Dialect, Head, Reply, decode};

/// An `@id` that every peer accepts.
pub(crate) const ID: &str = "6fa2c1f0-8a3e-4c58-9d5e-0a4c3a1d7b11";
pub(crate) const RAW_KEY: &str = "FJn2hDGYdgvpii9LyH7NfxRs4wSqkrw1axMS68KSmtdz";
pub(crate) const DID_KEY: &str = "did:key:z6MkuTkJrabJeDahnBnLjCbHDdr4x9tt7chU6Ak1P1KWaLe6";
pub(crate) const LEGACY: &str = "did:sov:BzCbsNYhMrjHiqZDTUASHg;spec/";

/// A message of today's prefix, with an id.
pub(crate) fn message(kind: &str, body: Value) -> Vec<u8> {
    let mut message =
        json!({ "@type": format!("https://didcomm.org/{kind}"), "@id": "request-0001" });
    for (name, value) in body.as_object().into_iter().flatten() {
        message[name] = value.clone();
    }
    message.to_string().into_bytes()
}

pub(crate) fn understood(kind: &str, body: Value) -> Command {
    decode(&message(kind, body)).unwrap().command
}

pub(crate) fn refused(kind: &str, body: Value) -> DecodeError {
    decode(&message(kind, body)).unwrap_err()
}

/// What a peer is told about a message that was not understood.
pub(crate) fn told(kind: &str, body: Value) -> Value {
    parsed(&refused(kind, body).answer(ID).unwrap())
}

/// What `dialect` says in answer to a message `request-0001`.
pub(crate) fn said(dialect: &dyn Dialect, reply: &Reply<'_>) -> Value {
    let head = Head::read(&message("x/1.0/y", json!({}))).unwrap();
    parsed(&dialect.encode(reply, Some(&head), ID))
}

/// What `dialect` says of its own accord.
pub(crate) fn volunteered(dialect: &dyn Dialect, reply: &Reply<'_>) -> Value {
    parsed(&dialect.encode(reply, None, ID))
}

pub(crate) fn parsed(plaintext: &[u8]) -> Value {
    serde_json::from_slice(plaintext).unwrap()
}
