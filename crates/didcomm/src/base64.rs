//! base64 as peers really write it: both alphabets, with padding and without, in; unpadded base64url out.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const READ_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
const READ_STANDARD: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
/// Shorter text is decoded by the lenient engine at once.
const LONG: usize = 64;

/// Why text is not taken as base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Base64Error {
    /// The decoded bytes would be more than the caller allows.
    #[error("the base64 text is too long")]
    TooLong,
    /// A character of neither alphabet, both alphabets mixed, or an impossible length.
    #[error("the text is not base64")]
    Malformed,
}

/// The bytes of `text`, which may use either alphabet, padded or not. `limit` is in decoded bytes and is checked
/// before anything is allocated.
pub fn decode(text: &str, limit: usize) -> Result<Vec<u8>, Base64Error> {
    if text.len() / 4 > limit / 3 + 1 {
        return Err(Base64Error::TooLong);
    }
    let bytes = decode_as(text, &base64_simd::URL_SAFE_NO_PAD, &READ_URL)
        .or_else(|| decode_as(text, &base64_simd::STANDARD_NO_PAD, &READ_STANDARD))
        .ok_or(Base64Error::Malformed)?;
    if bytes.len() > limit { Err(Base64Error::TooLong) } else { Ok(bytes) }
}

/// Whole groups of four go through vector instructions; what peers write in different ways is in the last few characters.
fn decode_as(text: &str, groups: &base64_simd::Base64, end: &GeneralPurpose) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if text.len() < LONG {
        return end.decode(text).ok();
    }
    let unpadded = text.len() - text.iter().rev().take_while(|byte| **byte == b'=').count();
    let (head, tail) = text.split_at(unpadded / 4 * 4);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    groups.decode_append(head, &mut bytes).ok()?;
    end.decode_vec(tail, &mut bytes).ok()?;
    Some(bytes)
}

/// The `N` bytes of `text`, without allocating; [`Base64Error::Malformed`] when there are fewer or more.
pub fn decode_exact<const N: usize>(text: &str) -> Result<[u8; N], Base64Error> {
    let mut bytes = [0; N];
    decode_into(text, &mut bytes)
        .and_then(|filled| if filled == N { Ok(bytes) } else { Err(Base64Error::Malformed) })
}

fn decode_into(text: &str, out: &mut [u8]) -> Result<usize, Base64Error> {
    READ_URL
        .decode_slice(text, out)
        .or_else(|_| READ_STANDARD.decode_slice(text, out))
        .map_err(|_| Base64Error::Malformed)
}

/// `bytes` as unpadded base64url, the only form that is emitted.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Appends `bytes` as unpadded base64url to `out`.
pub fn encode_into(bytes: &[u8], out: &mut String) {
    base64_simd::URL_SAFE_NO_PAD.encode_append(bytes, out);
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_alphabets_padded_or_not_are_the_same_bytes() {
        for text in ["-_-_AA", "+/+/AA", "-_-_AA==", "+/+/AA=="] {
            assert_eq!(decode(text, 16).unwrap(), [0xfb, 0xff, 0xbf, 0x00], "{text}");
        }
        assert_eq!(encode(&[0xfb, 0xff, 0xbf, 0x00]), "-_-_AA");
    }

    #[test]
    fn mixed_alphabets_and_junk_are_malformed() {
        for text in ["+_AA", "a", "a=b=", "a b c", "\u{e4}\u{e4}"] {
            assert_eq!(decode(text, 16), Err(Base64Error::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn long_text_is_read_as_the_lenient_engine_reads_it(
            bytes in vec(any::<u8>(), 0..200),
            standard: bool,
            end in "[=A-Za-z_+]{0,4}",
            junk in option::of((0..300_usize, any::<char>())),
        ) {
            let mut text = encode(&bytes) + &end;
            if standard {
                text = text.replace('-', "+").replace('_', "/");
            }
            if let Some((at, junk)) = junk {
                let at = at.min(text.len());
                text.insert(at, junk);
            }
            let whole = READ_URL.decode(&text).or_else(|_| READ_STANDARD.decode(&text)).ok();
            prop_assert_eq!(decode(&text, 1_000).ok(), whole);
        }
    }

    #[test]
    fn the_limit_is_exact_and_in_decoded_bytes() {
        let text = encode(&[1; 10]);
        assert_eq!(decode(&text, 10).unwrap().len(), 10);
        assert_eq!(decode(&text, 9), Err(Base64Error::TooLong));
        assert_eq!(decode(&"A".repeat(4_000), 9), Err(Base64Error::TooLong));
    }

    #[test]
    fn exact_sizes_are_exact() {
        assert_eq!(decode_exact::<3>("AQID").unwrap(), [1, 2, 3]);
        assert_eq!(decode_exact::<4>("AQID"), Err(Base64Error::Malformed));
        assert_eq!(decode_exact::<2>("AQID"), Err(Base64Error::Malformed));
    }
}
