use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::KeyError;
use super::multikey::{Multikey, base58_exact};
use crate::crypto::{convert, signature};

/// Characters of the shortest (all zero) and the longest base58 text of 32 bytes.
const RAW: std::ops::RangeInclusive<usize> = 32..=44;
/// `did:key:`, 49 characters of multibase, `#` and the multibase again.
const LONGEST: usize = 8 + 49 + 1 + 49;

/// An Ed25519 public key: what names an agent in DIDComm v1 (RFC 0019's "verkey").
///
/// It is shown as raw base58, and serialised so. The 32 bytes are not checked to be a point of the curve until they
/// are used: a key that is none verifies nothing and can be sealed to by nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerKey([u8; 32]);

impl VerKey {
    /// The key with these raw bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the three forms that peers use: raw base58, `did:key:z6Mk…`, and the same with `#z6Mk…` behind it
    /// (RFC 0360). The fragment may also be the derived `#z6LS…` of the same key.
    ///
    /// # Errors
    /// Any other form, another kind of key, or a fragment that names another key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        match text.strip_prefix("did:key:") {
            _ if text.len() > LONGEST => Err(KeyError::Length),
            Some(rest) => Self::parse_did_key(rest),
            None if RAW.contains(&text.len()) => base58_exact(text).map(Self),
            None => Err(KeyError::Length),
        }
    }

    pub(crate) fn parse_did_key(rest: &str) -> Result<Self, KeyError> {
        let (multibase, fragment) = match rest.split_once('#') {
            Some((multibase, fragment)) => (multibase, Some(fragment)),
            None => (rest, None),
        };
        let key = Self::from_multibase(multibase)?;
        match fragment {
            Some(fragment) if fragment != multibase => key.check_derived(fragment),
            _ => Ok(key),
        }
    }

    fn check_derived(self, fragment: &str) -> Result<Self, KeyError> {
        match Multikey::parse(fragment) {
            Ok(Multikey::X25519(derived)) if self.agreement()? == derived => Ok(self),
            _ => Err(KeyError::Fragment),
        }
    }

    pub(crate) fn from_multibase(text: &str) -> Result<Self, KeyError> {
        match Multikey::parse(text)? {
            Multikey::Ed25519(key) => Ok(Self(key)),
            Multikey::X25519(_) => Err(KeyError::Kind),
        }
    }

    /// The multibase form `z6Mk…`, as in did:key and `publicKeyMultibase`.
    #[must_use]
    pub fn to_multibase(&self) -> String {
        Multikey::Ed25519(self.0).encode()
    }

    /// `did:key:z6Mk…`, without fragment.
    #[must_use]
    pub fn to_did_key(&self) -> String {
        format!("did:key:{}", self.to_multibase())
    }

    /// `did:key:z6Mk…#z6Mk…`, the reference to the key itself.
    #[must_use]
    pub fn to_did_key_url(&self) -> String {
        let multibase = self.to_multibase();
        format!("did:key:{multibase}#{multibase}")
    }

    /// The X25519 public key of the same owner. It costs a point decompression, about 3 µs.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] when the bytes are no point of the curve, or one of small order.
    pub fn agreement(&self) -> Result<[u8; 32], KeyError> {
        convert::public_to_agreement(&self.0).map_err(|_| KeyError::Invalid)
    }

    /// Whether `signature` over `message` was made by the owner of this key (Ed25519, RFC 8032).
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        signature::verify(&self.0, message, signature)
    }
}

impl fmt::Display for VerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; *RAW.end()];
        let length = bs58::encode(&self.0).onto(text.as_mut_slice()).map_err(|_| fmt::Error)?;
        f.pad(std::str::from_utf8(&text[..length]).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for VerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerKey({self:.6}…)")
    }
}

impl FromStr for VerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

impl Serialize for VerKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = VerKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key as base58 or did:key")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<VerKey, E> {
                VerKey::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}
