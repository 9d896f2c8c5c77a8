//! The JSON of an envelope and of its protected header, borrowed from the text where JSON allows.

use std::borrow::Cow;

use serde::Deserialize;

use crate::crypto::{boxes, content};
use crate::keys::KeyError;
use crate::{Algorithm, EnvelopeError, VerKey, base64};

/// `enc` as every implementation writes it.
pub(super) const ENC: &str = "xchacha20poly1305_ietf";
/// `enc` as two sketches of RFC 0019 write it.
const ENC_SKETCH: &str = "xchachapoly1305_ietf";
/// `typ` of v1.
pub(super) const TYP: &str = "JWM/1.0";
/// Bytes of a sealed `sender` at most: room for a did:key with fragment, where 44 bytes are usual.
const LONGEST_SENDER: usize = boxes::SEAL_OVERHEAD + 128;

/// The outer JSON object.
#[derive(Deserialize)]
pub(super) struct Outer<'a> {
    #[serde(borrow)]
    pub protected: Cow<'a, str>,
    #[serde(borrow)]
    pub iv: Cow<'a, str>,
    #[serde(borrow)]
    pub ciphertext: Cow<'a, str>,
    #[serde(borrow)]
    pub tag: Cow<'a, str>,
}

/// The decoded `protected`.
#[derive(Deserialize)]
pub(super) struct Header<'a> {
    #[serde(borrow, default)]
    pub typ: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub enc: Cow<'a, str>,
    #[serde(borrow)]
    pub alg: Cow<'a, str>,
    #[serde(borrow)]
    pub recipients: Vec<RawRecipient<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RawRecipient<'a> {
    #[serde(borrow)]
    encrypted_key: Cow<'a, str>,
    #[serde(borrow)]
    header: RawRecipientHeader<'a>,
}

#[derive(Deserialize)]
struct RawRecipientHeader<'a> {
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow, default)]
    sender: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    iv: Option<Cow<'a, str>>,
}

/// One recipient, decoded: how the content key is wrapped for it.
pub(super) struct Recipient {
    pub kid: VerKey,
    pub wrapped: Wrapped,
}

/// The content key under the recipient's key.
pub(super) enum Wrapped {
    /// `crypto_box` from the sender, who is named in a sealed box.
    Auth { key: [u8; content::KEY + boxes::BOX_OVERHEAD], iv: [u8; boxes::NONCE], sender: Vec<u8> },
    /// `crypto_box_seal` from nobody.
    Anon { key: [u8; content::KEY + boxes::SEAL_OVERHEAD] },
}

impl Header<'_> {
    pub(super) fn algorithm(&self) -> Result<Algorithm, EnvelopeError> {
        if self.typ.as_deref().is_some_and(|typ| typ != TYP) {
            return Err(EnvelopeError::Version);
        }
        if self.enc != ENC && self.enc != ENC_SKETCH {
            return Err(EnvelopeError::Algorithm);
        }
        match &*self.alg {
            "Authcrypt" => Ok(Algorithm::Authcrypt),
            "Anoncrypt" => Ok(Algorithm::Anoncrypt),
            _ => Err(EnvelopeError::Algorithm),
        }
    }
}

impl RawRecipient<'_> {
    pub(super) fn decode(&self, algorithm: Algorithm) -> Result<Recipient, EnvelopeError> {
        let header = &self.header;
        if header.kid.is_empty() {
            return Err(KeyError::Length.into());
        }
        let wrapped = match (algorithm, &header.sender, &header.iv) {
            (Algorithm::Authcrypt, Some(sender), Some(iv)) => self.decode_auth(sender, iv)?,
            (Algorithm::Anoncrypt, None, None) | (Algorithm::Anoncrypt, Some(_), Some(_)) => {
                self.decode_anon()?
            }
            _ => return Err(EnvelopeError::Sender),
        };
        Ok(Recipient { kid: VerKey::parse(&header.kid)?, wrapped })
    }

    fn decode_auth(&self, sender: &str, iv: &str) -> Result<Wrapped, EnvelopeError> {
        Ok(Wrapped::Auth {
            key: base64::decode_exact(&self.encrypted_key)?,
            iv: base64::decode_exact(iv)?,
            sender: base64::decode(sender, LONGEST_SENDER)?,
        })
    }

    fn decode_anon(&self) -> Result<Wrapped, EnvelopeError> {
        Ok(Wrapped::Anon { key: base64::decode_exact(&self.encrypted_key)? })
    }
}
