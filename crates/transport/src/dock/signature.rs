//! Who wrote a callback: an HMAC over its time and its body.
//!
//! Two headers: `Restante-Timestamp`, seconds since 1970, and `Restante-Signature`, a list of `v1=<hex>` with commas between, one for each
//! key. Each is an HMAC-SHA256 (RFC 2104) over the timestamp, a full stop and the body. To change the key, the receiver is given the new
//! one beside the old, then the sender, and then the old one is taken from both.

use std::fmt;
use std::fmt::Write;
use std::time::Duration;

use aws_lc_rs::hmac;
use store::Timestamp;

/// The header with the time.
pub const TIMESTAMP: &str = "restante-timestamp";
/// The header with the signatures.
pub const SIGNATURE: &str = "restante-signature";

/// How far two clocks may be apart, and how long a callback may be under way, if nothing else is said.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// A key shorter than this, in bytes, can be guessed.
pub const KEY_BYTES: usize = 16;

/// More signatures than this are not looked at.
const MOST_SIGNATURES: usize = 8;

/// The keys that sign, or may have signed.
#[derive(Clone)]
pub struct Keys(Vec<hmac::Key>);

/// A key is too short, or there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key to sign with needs {KEY_BYTES} bytes at least")]
pub struct WeakKey;

/// Why a callback is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// It has no signature, or one that cannot be read.
    #[error("not signed")]
    Unsigned,
    /// It was signed too long ago, or in the future: it may have been recorded and sent again.
    #[error("signed at another time")]
    Stale,
    /// None of our keys has signed this.
    #[error("signed by nobody we know")]
    Unknown,
}

/// What goes into the two headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The value of [`TIMESTAMP`].
    pub timestamp: String,
    /// The value of [`SIGNATURE`].
    pub signature: String,
}

impl Keys {
    /// The keys with these bytes.
    ///
    /// # Errors
    ///
    /// If there is none, or one is too short.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, WeakKey> {
        let keys: Option<Vec<_>> = keys.into_iter().map(|key| usable(key.as_ref())).collect();
        keys.filter(|keys| !keys.is_empty()).map(Self).ok_or(WeakKey)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} …)", self.0.len())
    }
}

fn usable(key: &[u8]) -> Option<hmac::Key> {
    (key.len() >= KEY_BYTES).then(|| hmac::Key::new(hmac::HMAC_SHA256, key))
}

/// Signs a body with every key.
pub fn sign(keys: &Keys, now: Timestamp, body: &[u8]) -> Signed {
    let timestamp = (now.0 / 1000).to_string();
    let mut signature = String::new();
    for key in &keys.0 {
        signature.push_str(if signature.is_empty() { "v1=" } else { ",v1=" });
        for byte in digest(key, &timestamp, body).as_ref() {
            // Writing to a string does not fail.
            let _ = write!(signature, "{byte:02x}");
        }
    }
    Signed { timestamp, signature }
}

/// Checks that one of the keys has signed this body, no longer ago than `tolerance` and no further in the future. Returns when.
///
/// # Errors
///
/// Why it is not to be believed.
pub fn verify(
    keys: &Keys,
    now: Timestamp,
    tolerance: Duration,
    signed: (&str, &str),
    body: &[u8],
) -> Result<Timestamp, Forged> {
    let (timestamp, signature) = signed;
    let at = at(timestamp).ok_or(Forged::Unsigned)?;
    if now.since(at).max(at.since(now)) > tolerance + SECOND {
        return Err(Forged::Stale);
    }
    let entries = signature.split(',').filter_map(|entry| entry.trim().strip_prefix("v1="));
    let mut tags = entries.take(MOST_SIGNATURES).filter_map(bytes).peekable();
    tags.peek().ok_or(Forged::Unsigned)?;
    let known = tags.any(|tag| keys.0.iter().any(|key| is_by(key, timestamp, body, &tag)));
    if known { Ok(at) } else { Err(Forged::Unknown) }
}

/// What is lost by writing whole seconds.
const SECOND: Duration = Duration::from_secs(1);

fn at(timestamp: &str) -> Option<Timestamp> {
    let digits = timestamp.bytes().all(|digit| digit.is_ascii_digit());
    let seconds: u64 = timestamp.parse().ok().filter(|_| digits)?;
    seconds.checked_mul(1000).map(Timestamp)
}

fn digest(key: &hmac::Key, timestamp: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in [timestamp.as_bytes(), b".", body] {
        context.update(part);
    }
    context.sign()
}

fn is_by(key: &hmac::Key, timestamp: &str, body: &[u8], tag: &[u8]) -> bool {
    let expected = digest(key, timestamp, body);
    aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_ref(), tag).is_ok()
}

/// A tag from its hex digits.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_500);
    const BODY: &[u8] = br#"{"connection_id":"x"}"#;

    fn keys(keys: &[&str]) -> Keys {
        Keys::new(keys).unwrap()
    }

    fn check(keys: &Keys, now: Timestamp, signed: &Signed, body: &[u8]) -> Result<(), Forged> {
        let headers = (signed.timestamp.as_str(), signed.signature.as_str());
        verify(keys, now, TOLERANCE, headers, body).map(drop)
    }

    #[test]
    fn the_signature_is_what_other_software_computes() {
        // printf '1700000000.%s' '{"connection_id":"x"}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let signed = sign(&keys(&["0123456789abcdef"]), NOW, BODY);
        assert_eq!(signed.timestamp, "1700000000");
        assert_eq!(
            signed.signature,
            "v1=ea7f18bb785c3e62dc65d14ce48dc675dc8e4a75c9543ce6784e9c5e8519058a"
        );
    }

    #[test]
    fn while_the_key_changes_either_end_may_be_first() {
        let (old, new) = (keys(&["the old key of 21"]), keys(&["the new key of 21"]));
        let both = keys(&["the old key of 21", "the new key of 21"]);
        for (signs, checks) in [(&old, &both), (&both, &old), (&both, &new), (&new, &both)] {
            assert_eq!(check(checks, NOW, &sign(signs, NOW, BODY), BODY), Ok(()));
        }
        assert_eq!(check(&new, NOW, &sign(&old, NOW, BODY), BODY), Err(Forged::Unknown));
    }

    #[test]
    fn another_body_or_time_is_forged() {
        let keys = keys(&["0123456789abcdef"]);
        let signed = sign(&keys, NOW, BODY);
        assert_eq!(check(&keys, NOW, &signed, b"{}"), Err(Forged::Unknown));
        let redated = Signed { timestamp: "1700000001".to_owned(), ..signed };
        assert_eq!(check(&keys, NOW, &redated, BODY), Err(Forged::Unknown));
    }

    #[test]
    fn a_recorded_callback_is_stale_after_a_while() {
        let keys = keys(&["0123456789abcdef"]);
        let signed = sign(&keys, NOW, BODY);
        assert_eq!(check(&keys, NOW + TOLERANCE, &signed, BODY), Ok(()));
        assert_eq!(check(&keys, NOW + TOLERANCE * 2, &signed, BODY), Err(Forged::Stale));
        assert_eq!(check(&keys, NOW - TOLERANCE * 2, &signed, BODY), Err(Forged::Stale));
    }

    #[test]
    fn what_is_no_signature_is_unsigned() {
        let keys = keys(&["0123456789abcdef"]);
        let signed = sign(&keys, NOW, BODY);
        for signature in ["", "v1=", "v1=zz", "v0=00", &signed.signature[..60], &"é".repeat(32)] {
            let other = Signed { signature: signature.to_owned(), ..signed.clone() };
            assert_eq!(check(&keys, NOW, &other, BODY), Err(Forged::Unsigned), "{signature}");
        }
        for timestamp in ["", "+1700000000", "-1", "99999999999999999999", "now"] {
            let other = Signed { timestamp: timestamp.to_owned(), ..signed.clone() };
            assert_eq!(check(&keys, NOW, &other, BODY), Err(Forged::Unsigned), "{timestamp}");
        }
    }

    #[test]
    fn a_short_key_is_none() {
        assert_eq!(Keys::new(["0123456789abcde"]).unwrap_err(), WeakKey);
        assert_eq!(Keys::new(Vec::<&str>::new()).unwrap_err(), WeakKey);
    }
}
