//! Reading a DID exchange request.

use didcomm::document::Document;
use didcomm::{VerKey, attach, did};
use serde::Deserialize;
use serde_json::Value;

use crate::command::ConnectRequest;
use crate::handshake::{beside, not_accepted, not_processed, resolved};
use crate::{Fault, Handshake, limits, wire};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    label: Option<String>,
    did: String,
    #[serde(rename = "did_doc~attach", default)]
    document: Option<Value>,
}

/// Reads a request. Its DID resolves itself, or its document is attached and signed.
pub(super) fn read(handshake: Handshake, plaintext: &[u8]) -> Result<ConnectRequest, Fault> {
    if plaintext.len() > limits::HANDSHAKE {
        return Err(Fault::TooLarge);
    }
    let body: Body = serde_json::from_slice(plaintext)
        .map_err(|_| not_processed("The request needs a `did`"))?;
    let (document, signers) = match &body.document {
        Some(attachment) if !did::resolves_itself(&body.did) => attached(&body.did, attachment)?,
        _ => (resolved(&body.did)?, Vec::new()),
    };
    let label = wire::shortened(&body.label.unwrap_or_default(), limits::LABEL);
    Ok(ConnectRequest { label, did: body.did, document, handshake, signers })
}

/// The attached document of `did`, and the keys of it that signed it.
fn attached(did: &str, attachment: &Value) -> Result<(Document, Vec<VerKey>), Fault> {
    let attachment = attachment.get(0).unwrap_or(attachment);
    let (bytes, signers) = attach::verify(&attachment["data"])
        .map_err(|_| not_accepted("The attached document is not signed"))?;
    let value = serde_json::from_slice(&bytes)
        .map_err(|_| not_processed("The attached document is no JSON"))?;
    let document = beside(did, value)?;
    let keys = document.verkeys();
    let own: Vec<VerKey> = signers.into_iter().filter(|key| keys.contains(key)).collect();
    if own.is_empty() {
        return Err(not_accepted("The attached document is not signed by a key of its own"));
    }
    Ok((document, own))
}
