//! The names of sockets.

use std::fmt::{self, Write};
use std::str::FromStr;

/// The name of a socket: 128 bits, of which 122 are random, so that knowing it is a right to send. Written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BerthId([u8; 16]);

const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl BerthId {
    /// A name from random bytes, in the form of a UUID of version 4 (RFC 9562, section 5.4), which other software expects.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for BerthId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |half: u8| char::from(DIGITS[usize::from(half & 0xf)]);
        self.0.iter().try_for_each(|byte| {
            f.write_char(digit(byte >> 4))?;
            f.write_char(digit(*byte))
        })
    }
}

/// Who knows the name may send: logs get its beginning only.
impl fmt::Debug for BerthId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BerthId({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// The text is not the name of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 32 hex digits")]
pub struct NotABerth;

impl FromStr for BerthId {
    type Err = NotABerth;

    fn from_str(text: &str) -> Result<Self, NotABerth> {
        if text.len() != 32 || !text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(NotABerth);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| NotABerth)?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_32_hex_digits_and_back() {
        let id = BerthId::from_random([0xab; 16]);
        assert_eq!(id.to_string(), "abababababab4bababababababababab");
        assert_eq!(id.to_string().parse(), Ok(id));
        for no in [
            "",
            "abababababab4babababababababababa",
            "ABABABABABAB4BABABABABABABABABAB",
            "+bababababab4bababababababababab",
        ] {
            assert_eq!(no.parse::<BerthId>(), Err(NotABerth), "{no}");
        }
    }

    #[test]
    fn debug_output_does_not_give_the_id_away() {
        assert_eq!(format!("{:?}", BerthId::from_random([0xab; 16])), "BerthId(abab…)");
    }
}
