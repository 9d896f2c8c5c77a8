//! Writing a DID exchange response.

use didcomm::{SecretKey, attach};
use serde_json::{Value, json};

use crate::reply::ConnectResponse;
use crate::wire::Message;
use crate::{Head, Protocol};

/// A response in the version of the request. A DID that does not resolve itself comes with its signed document; otherwise the
/// signed DID itself says who rotated to it. ACA-Py and Credo refuse a response that has neither, in 1.0 too.
pub(super) fn encode(
    protocol: Protocol,
    response: &ConnectResponse<'_>,
    thread: Option<&Head>,
    id: &str,
) -> Vec<u8> {
    let (member, attachment) = match response.document {
        Some(document) => (
            "did_doc~attach",
            signed("application/json", document.to_string().as_bytes(), response.signer),
        ),
        None => {
            ("did_rotate~attach", signed("text/string", response.did.as_bytes(), response.signer))
        }
    };
    Message::new(protocol, "response", thread, id)
        .parent(thread.and_then(|head| head.pthid.as_deref()))
        .with("did", response.did)
        .with(member, attachment)
        .into_bytes()
}

/// An attachment signed by the key of the invitation. Its own id has to be unique in the message only.
fn signed(mime_type: &str, payload: &[u8], signer: &SecretKey) -> Value {
    json!({ "@id": "attachment-0", "mime-type": mime_type, "data": attach::sign(payload, signer) })
}
