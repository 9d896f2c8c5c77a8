//! Which DIDComm an envelope belongs to. Decided by its protected header; content types lie.

use std::borrow::Cow;

use serde::Deserialize;

use super::Limits;
use crate::base64;

/// A version of the envelope format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// RFC 0019.
    V1,
    /// DIDComm Messaging 2.x.
    V2,
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow)]
    protected: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow, default)]
    typ: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    alg: Option<Cow<'a, str>>,
}

/// The version that an envelope claims by `typ`, or by `alg` when it has no `typ`; `None` when it is no envelope at all.
#[must_use]
pub fn version(bytes: &[u8], limits: &Limits) -> Option<Version> {
    if bytes.len() > limits.envelope_bytes {
        return None;
    }
    let outer: Outer<'_> = serde_json::from_slice(bytes).ok()?;
    let header = base64::decode(&outer.protected, limits.header_bytes).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    header.typ.as_deref().and_then(by_type).or_else(|| header.alg.as_deref().and_then(by_algorithm))
}

/// Whether an envelope is of DIDComm v2.
#[must_use]
pub fn is_v2(bytes: &[u8], limits: &Limits) -> bool {
    version(bytes, limits) == Some(Version::V2)
}

fn by_type(typ: &str) -> Option<Version> {
    match typ {
        super::header::TYP => Some(Version::V1),
        _ if typ.contains("didcomm") => Some(Version::V2),
        _ => None,
    }
}

fn by_algorithm(alg: &str) -> Option<Version> {
    match alg {
        "Authcrypt" | "Anoncrypt" => Some(Version::V1),
        _ if alg.starts_with("ECDH-ES") || alg.starts_with("ECDH-1PU") => Some(Version::V2),
        _ => None,
    }
}
