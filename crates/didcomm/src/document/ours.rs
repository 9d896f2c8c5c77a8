//! Our own DID documents: one Ed25519 key, and one service per address with that key.
//!
//! Addresses are in order of preference, and should be the same place by http and by ws: Credo looks for a ws service in the
//! document of the handshake before it opens a socket.

use serde_json::{Value, json};

use crate::did::{peer1, peer4};
use crate::keys::multikey::Multikey;
use crate::{VerKey, base64};

/// The profiles that we accept, best known first (RFC 0044).
const ACCEPT: [&str; 2] = ["didcomm/aip1", "didcomm/aip2;env=rfc19"];

/// The long form of a did:peer:4 with `key` as `#key-0`, for signing and for agreement.
#[must_use]
pub fn peer_4(key: &VerKey, endpoints: &[&str]) -> String {
    peer4::encode(&input_document(key, endpoints)).long
}

/// A did:peer:2 with the same content; the key is `#key-1`, and its X25519 form `#key-2`.
#[must_use]
pub fn peer_2(key: &VerKey, endpoints: &[&str]) -> String {
    let agreement = key
        .agreement()
        .map(|key| format!(".E{}", Multikey::X25519(key).encode()))
        .unwrap_or_default();
    let services = endpoints.iter().enumerate().map(|(priority, uri)| {
        let service = json!({
            "t": "did-communication", "priority": priority, "recipientKeys": ["#key-1"],
            "r": [], "a": ACCEPT, "s": uri,
        });
        format!(".S{}", base64::encode(service.to_string().as_bytes()))
    });
    format!("did:peer:2.V{}{agreement}{}", key.to_multibase(), services.collect::<String>())
}

/// A did:peer:1 and its document, which carries the DID as its `id` and must be attached where the DID is told.
#[must_use]
pub fn peer_1(key: &VerKey, endpoints: &[&str]) -> (String, Value) {
    let mut document = input_document(key, endpoints);
    let did = peer1::name_of(&document.to_string());
    document["id"] = Value::from(did.as_str());
    (did, document)
}

/// The unqualified DID of a key: base58 of its first 16 bytes.
#[must_use]
pub fn unqualified_did(key: &VerKey) -> String {
    bs58::encode(&key.as_bytes()[..16]).into_string()
}

/// The legacy document of [`unqualified_did`], with `IndyAgent` services (RFC 0160).
#[must_use]
pub fn legacy_document(key: &VerKey, endpoints: &[&str]) -> Value {
    let did = format!("did:sov:{}", unqualified_did(key));
    let reference = format!("{did}#1");
    let services: Vec<Value> = endpoints
        .iter()
        .enumerate()
        .map(|(priority, uri)| {
            let number = if priority == 0 { String::new() } else { priority.to_string() };
            json!({
                "id": format!("{did};indy{number}"), "type": "IndyAgent", "priority": priority,
                "recipientKeys": [key], "routingKeys": [], "serviceEndpoint": uri,
            })
        })
        .collect();
    json!({
        "@context": "https://w3id.org/did/v1",
        "id": did,
        "publicKey": [{
            "id": reference, "type": "Ed25519VerificationKey2018", "controller": did, "publicKeyBase58": key,
        }],
        "authentication": [{ "type": "Ed25519SignatureAuthentication2018", "publicKey": reference }],
        "service": services,
    })
}

/// A document without `id`, with relative references only.
fn input_document(key: &VerKey, endpoints: &[&str]) -> Value {
    let services: Vec<Value> = endpoints
        .iter()
        .enumerate()
        .map(|(priority, uri)| {
            json!({
                "id": format!("#didcomm-{priority}"), "type": "did-communication", "priority": priority,
                "recipientKeys": ["#key-0"], "routingKeys": [], "accept": ACCEPT, "serviceEndpoint": uri,
            })
        })
        .collect();
    json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "verificationMethod": [{ "id": "#key-0", "type": "Multikey", "publicKeyMultibase": key.to_multibase() }],
        "authentication": ["#key-0"],
        "keyAgreement": ["#key-0"],
        "service": services,
    })
}
