//! The keys of a document and their relations.

use std::fmt;

use serde_json::Value;

use super::MOST;
use crate::keys::multikey::{Multikey, base58_exact};
use crate::{VerKey, base64, did};

/// A verification method whose key is Ed25519 or X25519.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Method {
    /// The fragment of its id, or the whole id when that is foreign to the document.
    pub name: String,
    pub key: Multikey,
}

/// Places in the list of methods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Relations {
    pub authentication: Vec<usize>,
    pub key_agreement: Vec<usize>,
}

impl Method {
    pub(super) fn verkey(&self) -> Option<VerKey> {
        match self.key {
            Multikey::Ed25519(key) => Some(VerKey::from_bytes(key)),
            Multikey::X25519(_) => None,
        }
    }

    fn read(value: &Value, document: &str) -> Option<Self> {
        let name = local_name(value["id"].as_str()?, document).to_owned();
        Some(Self { name, key: read_key(value)? })
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.verkey().is_some() { "Ed25519" } else { "X25519" };
        write!(f, "Method({kind})")
    }
}

/// All keys of a document, with those that are embedded in `authentication` and `keyAgreement`.
pub(super) fn read_all(value: &Value, document: &str) -> (Vec<Method>, Relations) {
    let listed =
        ["verificationMethod", "publicKey"].into_iter().flat_map(|member| list(&value[member]));
    let mut methods: Vec<Method> =
        listed.filter_map(|entry| Method::read(entry, document)).collect();
    let mut relation = |member: &str| -> Vec<usize> {
        list(&value[member]).filter_map(|entry| place(entry, document, &mut methods)).collect()
    };
    let (authentication, key_agreement) = (relation("authentication"), relation("keyAgreement"));
    (methods, Relations { authentication, key_agreement })
}

/// Where the method is that an entry names; an embedded one is added. Legacy entries name theirs by `publicKey`.
fn place(entry: &Value, document: &str, methods: &mut Vec<Method>) -> Option<usize> {
    if let Some(reference) = entry.as_str().or_else(|| entry["publicKey"].as_str()) {
        let name = local_name(reference, document);
        return methods.iter().position(|method| method.name == name);
    }
    let embedded = Method::read(entry, document)?;
    let known = methods.iter().position(|method| *method == embedded);
    Some(known.unwrap_or_else(|| {
        methods.push(embedded);
        methods.len() - 1
    }))
}

/// A reference without what is the document's own: `#key-1`, `did:x#key-1` and `key-1` are the same name in `did:x`.
pub(super) fn local_name<'a>(reference: &'a str, document: &str) -> &'a str {
    match reference.split_once('#') {
        Some((owner, name))
            if owner.is_empty() || owner == document || did::same_party(owner, document) =>
        {
            name
        }
        _ => reference,
    }
}

fn read_key(value: &Value) -> Option<Multikey> {
    if let Some(text) = value["publicKeyMultibase"].as_str() {
        return Multikey::parse(text).ok().or_else(|| raw(value, text.strip_prefix('z')?));
    }
    match value["publicKeyBase58"].as_str() {
        Some(text) => raw(value, text),
        None => jwk(&value["publicKeyJwk"]),
    }
}

/// A key in base58, whose kind only the method's type tells.
fn raw(value: &Value, text: &str) -> Option<Multikey> {
    let key = || if text.len() <= 44 { base58_exact(text).ok() } else { None };
    match value["type"].as_str()? {
        kind if kind.starts_with("Ed25519") => key().map(Multikey::Ed25519),
        kind if kind.starts_with("X25519") => key().map(Multikey::X25519),
        _ => None,
    }
}

/// An octet key pair of RFC 8037.
pub(crate) fn jwk(jwk: &Value) -> Option<Multikey> {
    let key = || base64::decode_exact(jwk["x"].as_str()?).ok();
    match (jwk["kty"].as_str()?, jwk["crv"].as_str()?) {
        ("OKP", "Ed25519") => key().map(Multikey::Ed25519),
        ("OKP", "X25519") => key().map(Multikey::X25519),
        _ => None,
    }
}

/// The entries of an array, or the one entry that stands in for it.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    let entries = match value {
        Value::Null => &[],
        Value::Array(entries) => entries.as_slice(),
        one => std::slice::from_ref(one),
    };
    entries.iter().take(MOST)
}
