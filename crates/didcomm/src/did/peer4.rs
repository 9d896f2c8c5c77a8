//! did:peer:4: the document in the DID, under its own hash (did:peer:4 specification; peer-did-method-spec, method 4).

use serde_json::Value;

use super::{DidError, LONGEST_DID, base58};
use crate::crypto::sha256;

/// What every did:peer:4 begins with.
pub(crate) const PREFIX: &str = "did:peer:4";
/// multihash: SHA-256, 32 bytes.
pub(crate) const SHA2_256: [u8; 2] = [0x12, 0x20];
/// multicodec: json (0x0200 as varint).
const JSON: [u8; 2] = [0x80, 0x04];

/// A did:peer:4 in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer4 {
    /// With the document; sent until the other side knows it.
    pub long: String,
    /// Only the hash; what the party is stored and looked up under.
    pub short: String,
}

/// The DID of an input document: one without `id`, with relative references only.
///
/// # Errors
/// [`DidError::Document`] when `input` is no object, [`DidError::TooLong`] when its long form would not be accepted.
pub fn create(input: &Value) -> Result<Peer4, DidError> {
    if !input.is_object() {
        return Err(DidError::Document);
    }
    // base58 is a third longer; what cannot fit is not even encoded.
    if input.to_string().len() > LONGEST_DID * 3 / 4 {
        return Err(DidError::TooLong);
    }
    let did = encode(input);
    if did.long.len() > LONGEST_DID { Err(DidError::TooLong) } else { Ok(did) }
}

pub(crate) fn encode(input: &Value) -> Peer4 {
    let bytes = [JSON.as_slice(), input.to_string().as_bytes()].concat();
    let document = format!("z{}", base58::encode(&bytes));
    let short = format!("{PREFIX}{}", hash_of(&document));
    Peer4 { long: format!("{short}:{document}"), short }
}

/// The short form of a did:peer:4 in either form; the hash of a long form is checked.
///
/// # Errors
/// [`DidError::Hash`] when it is wrong, [`DidError::Malformed`] for anything but a did:peer:4 in one of its forms.
pub fn short_form(did: &str) -> Result<String, DidError> {
    let (hash, document) = parts(did)?;
    check_hash(hash, document)?;
    Ok(format!("{PREFIX}{hash}"))
}

/// The document of a long form: the input document with `id`, `alsoKnownAs`, and the DID as missing `controller`.
pub(super) fn document(did: &str) -> Result<Value, DidError> {
    let mut document = decode(did)?;
    let members = document.as_object_mut().ok_or(DidError::Document)?;
    members.insert("id".into(), did.into());
    let names = members.entry("alsoKnownAs").or_insert_with(|| Value::Array(Vec::new()));
    names.as_array_mut().ok_or(DidError::Document)?.push(short_form(did)?.into());
    for methods in members
        .iter_mut()
        .filter(|(name, _)| METHODS.contains(&name.as_str()))
        .map(|(_, methods)| methods)
    {
        methods.as_array_mut().into_iter().flatten().for_each(|method| add_controller(method, did));
    }
    Ok(document)
}

fn add_controller(method: &mut Value, did: &str) {
    if let Value::Object(members) = method {
        members.entry("controller").or_insert_with(|| did.into());
    }
}

/// The members of a document in which a verification method may stand.
const METHODS: [&str; 6] = [
    "verificationMethod",
    "authentication",
    "assertionMethod",
    "keyAgreement",
    "capabilityDelegation",
    "capabilityInvocation",
];

/// The input document in a long form, whose hash is checked before it is decoded.
fn decode(did: &str) -> Result<Value, DidError> {
    let (hash, document) = parts(did)?;
    check_hash(hash, document)?;
    let base58 =
        document.and_then(|text| text.strip_prefix('z')).ok_or(DidError::NotSelfContained)?;
    let bytes = base58::decode(base58)?;
    let json = bytes.strip_prefix(&JSON).ok_or(DidError::Document)?;
    serde_json::from_slice(json).map_err(|_| DidError::Document)
}

/// The hash and, in a long form, the document.
fn parts(did: &str) -> Result<(&str, Option<&str>), DidError> {
    if did.len() > LONGEST_DID {
        return Err(DidError::TooLong);
    }
    let rest = did.strip_prefix(PREFIX).ok_or(DidError::Malformed)?;
    let (hash, document) =
        rest.split_once(':').map_or((rest, None), |(hash, document)| (hash, Some(document)));
    let base58 =
        |text: &str| !text.contains(|c: char| !c.is_ascii_alphanumeric() || "0OIl".contains(c));
    let shaped = hash.len() == 47 && hash.starts_with("zQm") && base58(hash);
    let shaped_document =
        document.is_none_or(|text| text.len() > 1 && text.starts_with('z') && base58(text));
    if shaped && shaped_document { Ok((hash, document)) } else { Err(DidError::Malformed) }
}

fn check_hash(hash: &str, document: Option<&str>) -> Result<(), DidError> {
    if document.is_some_and(|document| hash_of(document) != hash) {
        Err(DidError::Hash)
    } else {
        Ok(())
    }
}

/// The multihash, in base58btc multibase, of some text.
pub(crate) fn hash_of(text: &str) -> String {
    format!(
        "z{}",
        bs58::encode([SHA2_256.as_slice(), &sha256(text.as_bytes())].concat()).into_string()
    )
}
