//! What a DID is called: one spelling for one party.

use super::{DidError, LONGEST_DID, peer4};
use crate::keys::multikey::base58_exact;

/// The part of a DID URL in front of its fragment.
#[must_use]
pub fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(did, _)| did)
}

/// Whether `text` is an unqualified DID: base58 of 16 bytes, usually the first half of a key (Aries RFC 0793).
#[must_use]
pub fn is_unqualified(text: &str) -> bool {
    (16..=22).contains(&text.len()) && base58_exact::<16>(text).is_ok()
}

/// The one spelling under which a party is known: no path, query or fragment; `did:sov:X` becomes `X`; the long form of
/// a did:peer:4 becomes its short form, after its hash was checked.
///
/// # Errors
/// Text that is no DID, is too long, or whose hash is wrong.
pub fn normalise(url: &str) -> Result<String, DidError> {
    if url.len() > LONGEST_DID {
        return Err(DidError::TooLong);
    }
    let did = url.split(['#', '?', '/']).next().unwrap_or(url);
    let bare = did.strip_prefix("did:sov:").unwrap_or(did);
    if is_unqualified(bare) {
        return Ok(bare.to_owned());
    }
    check_syntax(did)?;
    if did.starts_with(peer4::PREFIX) { peer4::short_form(did) } else { Ok(did.to_owned()) }
}

/// What a party is stored under: [`normalise`], or the text itself when that is refused.
#[must_use]
pub fn short_form(did: &str) -> String {
    normalise(did).unwrap_or_else(|_| did.to_owned())
}

/// Whether two DIDs or DID URLs name the same party: equal after [`normalise`].
#[must_use]
pub fn same_party(one: &str, other: &str) -> bool {
    matches!((normalise(one), normalise(other)), (Ok(one), Ok(other)) if one == other)
}

/// DID syntax as DID Core section 3.1 has it: `did:method:id`, with percent signs taken as they are.
fn check_syntax(did: &str) -> Result<(), DidError> {
    let mut parts = did.splitn(3, ':');
    let (scheme, method, id) =
        (parts.next(), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let method_ok =
        !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let id_ok = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:%-=".contains(&b));
    let whole = !id.is_empty() && !id.ends_with(':');
    if scheme == Some("did") && method_ok && id_ok && whole {
        Ok(())
    } else {
        Err(DidError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_and_qualified_unqualified_dids_are_one_party() {
        assert!(same_party("QUmsj7xwB82QAuuzfmvhAi", "did:sov:QUmsj7xwB82QAuuzfmvhAi#1"));
        assert!(!same_party("QUmsj7xwB82QAuuzfmvhAi", "did:sov:QUmsj7xwB82QAuuzfmvhAj"));
    }

    #[test]
    fn fragments_queries_and_paths_do_not_count() {
        assert_eq!(
            normalise("did:web:a.example%3A80:x/y?z#k").unwrap(),
            "did:web:a.example%3A80:x"
        );
    }

    #[test]
    fn text_that_is_no_did_is_refused() {
        for text in [
            "",
            "did:",
            "did:web",
            "did:web:",
            "DID:web:a",
            "did:Web:a",
            "did:web:a b",
            "did:web:a:",
            "did::a",
        ] {
            assert_eq!(normalise(text), Err(DidError::Malformed), "{text}");
        }
        assert!(!same_party("did:", "did:"), "what is no DID names nobody");
    }

    #[test]
    fn a_did_above_the_limit_is_refused_unread() {
        assert_eq!(
            normalise(&format!("did:web:{}", "a".repeat(LONGEST_DID))),
            Err(DidError::TooLong)
        );
    }
}
