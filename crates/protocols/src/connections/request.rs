//! Reading a connections 1.0 request.

use didcomm::did;
use didcomm::document::Document;
use serde::Deserialize;
use serde_json::Value;

use crate::command::ConnectRequest;
use crate::did_exchange::{document_of, not_accepted, not_processed};
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
        Some(value) => document_for(&did, &value)?,
        None => document_of(&did)?,
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

fn document_for(did: &str, value: &Value) -> Result<Document, Fault> {
    let document =
        Document::parse(value).map_err(|_| not_processed("`DIDDoc` is no DID document"))?;
    if did::same_party(document.id(), did) {
        Ok(document)
    } else {
        Err(not_accepted("`DIDDoc` is of another DID"))
    }
}
