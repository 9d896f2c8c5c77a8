//! Envelope v1, the "pack" format of RFC 0019: parse, open, seal.
//!
//! In spite of the name `xchacha20poly1305_ietf` the content cipher is IETF ChaCha20-Poly1305 with a nonce of 12 bytes,
//! and the additional data is the `protected` text exactly as it was received.

mod header;
mod limits;
mod open;
mod peer;
mod seal;
mod sealed;
mod version;

use bytes::Bytes;
use std::fmt;

pub use limits::Limits;
pub use open::Opened;
pub use peer::Peer;
pub use seal::{seal_anon, seal_auth};
pub use sealed::Sealed;
pub use version::{Version, is_v2, version};

use crate::KeyError;
use crate::base64::Base64Error;
use crate::crypto::Refused;

/// A sealed message as it travels: the bytes of one JSON object. Cheap to clone, and never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Envelope(Bytes);

impl Envelope {
    /// Takes bytes to be an envelope; nothing is checked until [`Sealed::parse`].
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes on the wire, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl AsRef<[u8]> for Envelope {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({} bytes)", self.0.len())
    }
}

/// How the content key reaches the recipients, and so what is known of the sender (`alg` of RFC 0019).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The sender is authenticated to each recipient.
    Authcrypt,
    /// The sender is unknown.
    Anoncrypt,
}

/// Why an envelope is refused. The messages never carry anything of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// More bytes than [`Limits::envelope_bytes`] or [`Limits::header_bytes`] allow.
    #[error("the envelope is larger than allowed")]
    TooLarge,
    /// Not one JSON object with the four string members `protected`, `iv`, `ciphertext` and `tag`.
    #[error("the envelope is not a JSON object with its four members")]
    Json,
    /// The decoded `protected` is not a header of RFC 0019.
    #[error("the protected header is malformed")]
    Header,
    /// The envelope says it is something else than v1.
    #[error("the envelope is not of DIDComm v1")]
    Version,
    /// `alg` or `enc` names something that v1 does not have.
    #[error("the envelope uses an unknown algorithm")]
    Algorithm,
    /// A part of the envelope is not base64, or has the wrong length.
    #[error("a part of the envelope has the wrong encoding or length")]
    Encoding,
    /// No recipient, more than [`Limits::recipients`], or two with the same `kid`.
    #[error("the envelope has no recipient, too many, or one twice")]
    Recipients,
    /// A `kid` or the sender is no key.
    #[error("a key in the envelope is malformed: {0}")]
    Key(#[from] KeyError),
    /// `sender` and `iv` must both be there in Authcrypt, and never one without the other.
    #[error("the sender's part of the envelope is incomplete")]
    Sender,
    /// The recipient at this index does not exist, or is another key than the one given.
    #[error("the key is not the recipient at this place")]
    NotRecipient,
    /// The content key, the sender or the content do not open with this key: forged, damaged, or for somebody else.
    #[error("the envelope does not open")]
    Refused,
}

impl From<Refused> for EnvelopeError {
    fn from(_: Refused) -> Self {
        Self::Refused
    }
}

impl From<Base64Error> for EnvelopeError {
    fn from(error: Base64Error) -> Self {
        match error {
            Base64Error::TooLong => Self::TooLarge,
            Base64Error::Malformed => Self::Encoding,
        }
    }
}
