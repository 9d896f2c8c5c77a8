//! Writing a connections 1.0 response.

use serde_json::json;

use super::{PROTOCOL, signature};
use crate::Head;
use crate::reply::ConnectResponse;
use crate::wire::Message;

/// A response whose `connection` is signed by the key of the invitation.
pub(super) fn encode(response: &ConnectResponse<'_>, thread: Option<&Head>, id: &str) -> Vec<u8> {
    let connection = match response.document {
        Some(document) => json!({ "DID": response.did, "DIDDoc": document }),
        None => json!({ "DID": response.did }),
    };
    Message::new(PROTOCOL, "response", thread, id)
        .with("connection~sig", signature::sign(&connection, response.signer, response.now_seconds))
        .into_bytes()
}
