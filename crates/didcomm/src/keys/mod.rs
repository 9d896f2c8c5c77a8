//! The keys of agents: Ed25519 for signing and naming, X25519 of the same owner for encrypting.

pub(crate) mod multikey;
mod secret_key;
mod verkey;

pub use secret_key::SecretKey;
pub use verkey::VerKey;

/// Why a text or some bytes are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too short or too long for a key of this kind.
    #[error("the key has the wrong length")]
    Length,
    /// Not base58, or not in one of the forms a key may have.
    #[error("the key is in no known form")]
    Malformed,
    /// A key of another kind than the one needed here.
    #[error("the key is of another kind")]
    Kind,
    /// The fragment names another key than the DID in front of it.
    #[error("the fragment names another key than the DID")]
    Fragment,
    /// 32 bytes that are no point of the curve, or a point of small order.
    #[error("the key is not a valid public key")]
    Invalid,
}
