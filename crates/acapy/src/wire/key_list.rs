use std::collections::BTreeSet;

use super::{Junk, payload};

/// The keys that one instance of the plug-in polls: a value of [`Maps::KEYS_OF_UID`](super::Maps::KEYS_OF_UID).
///
/// A JSON array of keys in base64. A "key" is what lists are named after: one key, or several with commas between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyList(pub BTreeSet<String>);

impl KeyList {
    /// The value as it lies in Redis.
    #[must_use]
    pub fn to_text(&self) -> String {
        payload::encode(&super::write(&self.0))
    }

    /// Reads a value.
    ///
    /// # Errors
    /// Everything that is no such array.
    pub fn from_text(text: &[u8]) -> Result<Self, Junk> {
        const JUNK: Junk = Junk("a list of keys");
        let text = std::str::from_utf8(text).map_err(|_| JUNK)?;
        let json = payload::decode(text).ok_or(JUNK)?;
        serde_json::from_slice(&json).map(Self).map_err(|_| JUNK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_what_the_plug_in_decodes() {
        let list = KeyList(["b", "a,b"].map(str::to_owned).into());
        assert_eq!(list.to_text(), "WyJhLGIiLCJiIl0=");
        assert_eq!(KeyList::from_text(list.to_text().as_bytes()), Ok(list));
        assert_eq!(KeyList::from_text(b"W10="), Ok(KeyList::default()));
    }

    #[test]
    fn what_is_no_list_is_junk() {
        for junk in [&b""[..], b"e30=", b"[]", b"WzFd", b"\xff"] {
            assert!(KeyList::from_text(junk).is_err(), "{junk:?}");
        }
    }
}
