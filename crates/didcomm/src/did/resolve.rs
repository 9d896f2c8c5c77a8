//! From a DID that carries its own document to that document.

use serde_json::{Value, json};

use super::{DidError, LONGEST_DID, peer2, peer4, without_fragment};
use crate::document::Document;
use crate::keys::multikey::Multikey;

/// Whether a DID carries its own document, by its form: did:key, did:peer 0, 2, and the long form of 4.
#[must_use]
pub fn resolves_itself(did: &str) -> bool {
    let prefixes = ["did:key:", "did:peer:0", "did:peer:2"];
    let long = || did.strip_prefix(peer4::PREFIX).is_some_and(|rest| rest.contains(':'));
    prefixes.iter().any(|prefix| did.starts_with(prefix)) || long()
}

/// The document of a DID that carries it; a DID URL's fragment is ignored.
///
/// # Errors
/// [`DidError::NotSelfContained`] for every other DID, and what is wrong with the DID or the document in it.
pub fn resolve(did: &str) -> Result<Document, DidError> {
    Document::parse(&resolve_json(did)?).map_err(|_| DidError::Document)
}

/// [`resolve`], as JSON.
///
/// # Errors
/// Those of [`resolve`].
pub fn resolve_json(did: &str) -> Result<Value, DidError> {
    if did.len() > LONGEST_DID {
        return Err(DidError::TooLong);
    }
    let did = without_fragment(did);
    if let Some(multibase) = did.strip_prefix("did:key:").or_else(|| did.strip_prefix("did:peer:0"))
    {
        return key_document(did, multibase);
    }
    if did.starts_with("did:peer:2") {
        return peer2::document(did);
    }
    if did.starts_with(peer4::PREFIX) {
        peer4::document(did)
    } else {
        Err(DidError::NotSelfContained)
    }
}

/// did:key: the key signs, and its X25519 form agrees; an X25519 key only agrees.
fn key_document(did: &str, multibase: &str) -> Result<Value, DidError> {
    let id = |text: &str| format!("{did}#{text}");
    let method = |text: &str| json!({ "id": id(text), "type": "Multikey", "controller": did, "publicKeyMultibase": text });
    let mut document = json!({ "@context": ["https://www.w3.org/ns/did/v1"], "id": did });
    let agreement = match Multikey::parse(multibase)? {
        Multikey::X25519(_) => multibase.to_owned(),
        Multikey::Ed25519(key) => {
            for relation in [
                "authentication",
                "assertionMethod",
                "capabilityInvocation",
                "capabilityDelegation",
            ] {
                document[relation] = json!([id(multibase)]);
            }
            document["verificationMethod"] = json!([method(multibase)]);
            Multikey::X25519(crate::VerKey::from_bytes(key).agreement()?).encode()
        }
    };
    document["keyAgreement"] = json!([method(&agreement)]);
    Ok(document)
}
