//! did:peer:1: the hash of a genesis document as a name. The document travels beside it, and is trusted by its signature:
//! peers hash their own stored text, so a received document need not hash to its name.

use super::peer4::hash_of;
use crate::keys::multikey::base58_exact;

const PREFIX: &str = "did:peer:1";
/// `z` and base58 of a SHA-256 multihash.
const NAME: usize = 47;

/// The name of a genesis document, given as the text that is stored.
#[must_use]
pub fn name_of(document: &str) -> String {
    format!("{PREFIX}{}", hash_of(document))
}

/// Whether `did` is well-formed: a SHA-256 multihash in base58btc multibase.
#[must_use]
pub fn is_name(did: &str) -> bool {
    let hash = did
        .strip_prefix(PREFIX)
        .filter(|hash| hash.len() == NAME)
        .and_then(|hash| hash.strip_prefix('z'));
    hash.is_some_and(|base58| {
        base58_exact::<34>(base58).is_ok_and(|hash| hash.starts_with(&super::peer4::SHA2_256))
    })
}
