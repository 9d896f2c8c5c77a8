//! DIDs that need no network: did:key, did:peer 0 to 4, and the unqualified DIDs of legacy documents.

use crate::KeyError;

mod base58;
mod names;
pub mod peer1;
pub mod peer2;
pub mod peer4;
mod resolve;

pub use names::{is_unqualified, normalise, same_party, short_form, without_fragment};
pub use resolve::{resolve, resolve_json, resolves_itself};

/// Characters that a DID may have at most. The long form of a did:peer:4 is base58 of a whole document, and decoding
/// base58 takes quadratic time.
pub const LONGEST_DID: usize = 16 * 1024;

/// Why a DID is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DidError {
    /// More than [`LONGEST_DID`] characters.
    #[error("the DID is too long")]
    TooLong,
    /// Not in the syntax of DIDs, or of its method.
    #[error("the DID is malformed")]
    Malformed,
    /// A method, or a kind of did:peer, that does not carry its own document.
    #[error("the DID does not carry its own document")]
    NotSelfContained,
    /// The hash in the DID is not the hash of the document behind it.
    #[error("the hash in the DID does not match its document")]
    Hash,
    /// The document in the DID is not a JSON object of the right shape.
    #[error("the document in the DID is malformed")]
    Document,
    /// A key in the DID is refused.
    #[error(transparent)]
    Key(#[from] KeyError),
}
