//! A requester's side of the handshakes.

use didcomm::{VerKey, attach, base64};
use serde_json::{Value, json};

use super::message::{parse_named, request, text};
use crate::wire::Message;
use crate::{Protocol, connections, did_exchange, limits};

/// A response whose signature was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The mediator's DID in the new connection.
    pub did: String,
    /// Its document, when it came along.
    pub document: Option<Value>,
    /// The request that is answered.
    pub thid: Option<String>,
}

/// A request with a DID that resolves itself (did:peer:4 or 2), in didexchange 1.1.
pub fn did_exchange_request(id: &str, invitation: &str, label: &str, did: &str) -> Vec<u8> {
    handshake_request(did_exchange::V1_1_PROTOCOL, id, invitation, label)
        .with("did", did)
        .into_bytes()
}

/// A connections 1.0 request.
pub fn connections_request(
    id: &str,
    invitation: &str,
    label: &str,
    did: &str,
    document: &Value,
) -> Vec<u8> {
    handshake_request(connections::PROTOCOL, id, invitation, label)
        .with("connection", json!({ "DID": did, "DIDDoc": document }))
        .into_bytes()
}

fn handshake_request(protocol: Protocol, id: &str, invitation: &str, label: &str) -> Message {
    request(protocol, "request", id).parent(Some(invitation)).with("label", label)
}

/// Completes a DID exchange. It asks for nothing on the way back, as Credo's does not.
pub fn did_exchange_complete(id: &str, request_id: &str, invitation: &str) -> Vec<u8> {
    Message::new(did_exchange::V1_1_PROTOCOL, "complete", None, id)
        .with("~thread", json!({ "thid": request_id, "pthid": invitation }))
        .with("~transport", json!({ "return_route": "none" }))
        .into_bytes()
}

/// Reads a response of either handshake. `None` when it is another message, or not signed by `inviter`, the key of the
/// invitation: a strict reader, as Credo's and ACA-Py's are.
pub fn read_response(plaintext: &[u8], inviter: &VerKey) -> Option<Response> {
    let message = parse_named(plaintext, "response")?;
    let thid = message["~thread"]["thid"].as_str().map(str::to_owned);
    let (did, document) = match message.get("connection~sig") {
        Some(signature) => signed_connection(signature, inviter)?,
        None => exchanged(&message, inviter)?,
    };
    Some(Response { did, document, thid })
}

fn signed_connection(signature: &Value, inviter: &VerKey) -> Option<(String, Option<Value>)> {
    let bytes = |name: &str| base64::decode(signature[name].as_str()?, limits::HANDSHAKE).ok();
    let (data, proof) = (bytes("sig_data")?, bytes("signature")?);
    let signer = VerKey::parse(signature["signer"].as_str()?).ok()?;
    if signer != *inviter || !inviter.verify(&data, &proof) {
        return None;
    }
    let connection: Value = serde_json::from_slice(data.get(8..)?).ok()?;
    Some((connection["DID"].as_str()?.to_owned(), connection.get("DIDDoc").cloned()))
}

fn exchanged(message: &Value, inviter: &VerKey) -> Option<(String, Option<Value>)> {
    let did = text(&message["did"]);
    let (name, is_document) = match message.get("did_doc~attach") {
        Some(_) => ("did_doc~attach", true),
        None => ("did_rotate~attach", false),
    };
    let (payload, signers) = attach::verify(&message[name]["data"]).ok()?;
    if !signers.contains(inviter) {
        return None;
    }
    match is_document {
        true => Some((did, Some(serde_json::from_slice(&payload).ok()?))),
        false => (payload == did.as_bytes()).then_some((did, None)),
    }
}
