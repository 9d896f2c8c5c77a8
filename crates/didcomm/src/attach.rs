//! Signed attachments (RFC 0017): the `data` object with a detached JWS by Ed25519.

use serde_json::{Value, json};

use crate::document::method::jwk;
use crate::keys::multikey::Multikey;
use crate::{SecretKey, VerKey, base64};

/// Bytes of an attached payload at most.
pub const LONGEST_PAYLOAD: usize = 256 * 1024;
/// Bytes of a protected header at most.
const LONGEST_HEADER: usize = 4 * 1024;
/// Signatures that are checked at most; more are refused.
const MOST_SIGNATURES: usize = 8;

/// Why the data of an attachment is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// It has neither `base64` nor `json`, or they are not what they say.
    #[error("the attachment has no payload that can be read")]
    Payload,
    /// The signature's parts are missing or malformed, or there are too many signatures.
    #[error("the signature of the attachment is malformed")]
    Malformed,
    /// It is signed in another way than by Ed25519.
    #[error("the attachment is signed by an unknown algorithm")]
    Algorithm,
    /// The signer is not told, or the key in `jwk` is not the key in `kid`.
    #[error("the signer of the attachment is unclear")]
    Signer,
    /// A signature does not verify.
    #[error("a signature of the attachment is wrong")]
    Wrong,
}

/// The `data` object of `payload`, signed by `key`. The key is told twice, since Credo reads `header.kid` and ACA-Py reads
/// `jwk` in the protected header.
#[must_use]
pub fn sign(payload: &[u8], key: &SecretKey) -> Value {
    let did = key.verkey().to_did_key();
    let x = base64::encode(key.verkey().as_bytes());
    let header =
        json!({ "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x, "kid": did } });
    let protected = base64::encode(header.to_string().as_bytes());
    let signature = base64::encode(&key.sign(signing_input(&protected, payload).as_bytes()));
    let jws = json!({ "header": { "kid": did }, "protected": protected, "signature": signature });
    json!({ "base64": base64::encode(payload), "jws": jws })
}

/// The payload of a `data` object and the keys that signed it: none when it is unsigned. The caller decides whose
/// signature it needs.
///
/// # Errors
/// When the payload cannot be read, or when any signature cannot be checked or is wrong.
pub fn verify(data: &Value) -> Result<(Vec<u8>, Vec<VerKey>), AttachError> {
    let payload = payload(data)?;
    let jws = &data["jws"];
    let signatures = match (jws, jws.get("signatures")) {
        (Value::Null, _) => return Ok((payload, Vec::new())),
        (_, Some(several)) => several.as_array().ok_or(AttachError::Malformed)?.as_slice(),
        (one, None) => std::slice::from_ref(one),
    };
    if data.get("base64").is_none() || signatures.is_empty() || signatures.len() > MOST_SIGNATURES {
        return Err(AttachError::Malformed);
    }
    let signers =
        signatures.iter().map(|signature| signer(signature, &payload)).collect::<Result<_, _>>()?;
    Ok((payload, signers))
}

fn payload(data: &Value) -> Result<Vec<u8>, AttachError> {
    match (data.get("base64"), data.get("json")) {
        (Some(text), None) => {
            let text = text.as_str().ok_or(AttachError::Payload)?;
            base64::decode(text, LONGEST_PAYLOAD).map_err(|_| AttachError::Payload)
        }
        (None, Some(json)) => Ok(json.to_string().into_bytes()),
        _ => Err(AttachError::Payload),
    }
}

/// The key that made one signature, after checking that it did.
fn signer(jws: &Value, payload: &[u8]) -> Result<VerKey, AttachError> {
    let protected = jws["protected"].as_str().ok_or(AttachError::Malformed)?;
    let header = base64::decode(protected, LONGEST_HEADER).map_err(|_| AttachError::Malformed)?;
    let header: Value = serde_json::from_slice(&header).map_err(|_| AttachError::Malformed)?;
    if header["alg"] != "EdDSA" || header.get("crit").is_some() {
        return Err(AttachError::Algorithm);
    }
    let signature = jws["signature"].as_str().ok_or(AttachError::Malformed)?;
    let signature: [u8; 64] =
        base64::decode_exact(signature).map_err(|_| AttachError::Malformed)?;
    let key = told_key(jws, &header)?;
    if key.verify(signing_input(protected, payload).as_bytes(), &signature) {
        Ok(key)
    } else {
        Err(AttachError::Wrong)
    }
}

/// The key that a signature says is its own. A `kid` that is no key (a reference into a document) is left to `jwk`.
fn told_key(jws: &Value, header: &Value) -> Result<VerKey, AttachError> {
    let kid = jws["header"]["kid"].as_str().or_else(|| header["kid"].as_str());
    let by_kid = kid.and_then(|kid| VerKey::parse(kid).ok());
    let by_jwk = match jwk(&header["jwk"]) {
        Some(Multikey::Ed25519(key)) => Some(VerKey::from_bytes(key)),
        _ => None,
    };
    match (by_jwk, by_kid) {
        (Some(jwk), Some(kid)) if jwk != kid => Err(AttachError::Signer),
        (Some(key), _) | (None, Some(key)) => Ok(key),
        (None, None) => Err(AttachError::Signer),
    }
}

/// The payload counts as unpadded base64url, however it was written.
fn signing_input(protected: &str, payload: &[u8]) -> String {
    let mut text = String::with_capacity(protected.len() + 1 + payload.len() * 4 / 3 + 4);
    text.push_str(protected);
    text.push('.');
    base64::encode_into(payload, &mut text);
    text
}
