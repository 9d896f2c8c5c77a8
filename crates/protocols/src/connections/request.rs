//! Reading a connections 1.0 request.

use serde::Deserialize;
use serde_json::Value;

use crate::command::ConnectRequest;
use crate::handshake::{beside, not_processed, resolved};
use crate::{Fault, Handshake, limits, wire};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    label: Option<String>,
    connection: Connection,
}

#[derive(Deserialize)]
struct Connection {
    #[serde(rename = "DID", alias = "did")]
    did: String,
    #[serde(rename = "DIDDoc", alias = "did_doc", default)]
    document: Option<Value>,
}

/// Reads a request. The DID is often unqualified, and the document's id may be with or without `did:sov:`.
pub(super) fn read(plaintext: &[u8]) -> Result<ConnectRequest, Fault> {
    if plaintext.len() > limits::HANDSHAKE {
        return Err(Fault::TooLarge);
    }
    let body: Body = serde_json::from_slice(plaintext)
        .map_err(|_| not_processed("The request needs a `connection`"))?;
    let Connection { did, document } = body.connection;
    let document = match document {
        Some(value) => beside(&did, value)?,
        None => resolved(&did)?,
    };
    let label = wire::shortened(&body.label.unwrap_or_default(), limits::LABEL);
    Ok(ConnectRequest {
        label,
        did,
        document,
        handshake: Handshake::Connections,
        signers: Vec::new(),
    })
}
