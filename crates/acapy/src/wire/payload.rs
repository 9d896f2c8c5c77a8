//! Bytes in JSON: base64url with padding, as Python writes it. For `#[serde(with = "payload")]`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// The text of some bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE.encode(bytes)
}

/// The bytes of a text, in either alphabet, padded or not; `None` if it is neither.
#[must_use]
pub fn decode(text: &str) -> Option<Bytes> {
    didcomm::base64::decode(text, text.len()).ok().map(Bytes::from)
}

/// Writes a field.
///
/// # Errors
/// Those of the writer.
pub fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes))
}

/// Reads a field.
///
/// # Errors
/// If it is no text, or none in base64.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    decode(&text).ok_or_else(|| D::Error::custom("not base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_padded_and_urlsafe_and_read_in_any_form() {
        assert_eq!(encode(&[0xfb, 0xff, 0xbf, 0x00]), "-_-_AA==");
        for text in ["-_-_AA==", "-_-_AA", "+/+/AA=="] {
            assert_eq!(decode(text).unwrap(), [0xfb, 0xff, 0xbf, 0x00][..], "{text}");
        }
        assert_eq!(decode("no base64!"), None);
    }
}
