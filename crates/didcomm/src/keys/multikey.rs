//! Keys with a multicodec prefix in base58btc multibase: `z6Mk…` and `z6LS…` (did:key, section "format").

use super::KeyError;

const ED25519: [u8; 2] = [0xed, 0x01];
const X25519: [u8; 2] = [0xec, 0x01];
/// Characters that a multibase form of one of our keys has at most.
const LONGEST: usize = 1 + 48;

/// A public key that says what it is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Multikey {
    Ed25519([u8; 32]),
    X25519([u8; 32]),
}

impl Multikey {
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        let base58 = text.strip_prefix('z').ok_or(KeyError::Malformed)?;
        if text.len() > LONGEST {
            return Err(KeyError::Length);
        }
        let bytes = base58_exact::<34>(base58)?;
        let (codec, key) = bytes.split_first_chunk::<2>().ok_or(KeyError::Length)?;
        let key = key.try_into().map_err(|_| KeyError::Length)?;
        match *codec {
            ED25519 => Ok(Self::Ed25519(key)),
            X25519 => Ok(Self::X25519(key)),
            _ => Err(KeyError::Kind),
        }
    }

    pub(crate) fn encode(self) -> String {
        let (codec, key) = match self {
            Self::Ed25519(key) => (ED25519, key),
            Self::X25519(key) => (X25519, key),
        };
        let mut text = String::from("z");
        text.push_str(&bs58::encode([codec.as_slice(), &key].concat()).into_string());
        text
    }
}

/// Exactly `N` bytes of base58btc. Callers check the length of the text first: decoding is quadratic.
pub(crate) fn base58_exact<const N: usize>(text: &str) -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    match bs58::decode(text).onto(&mut bytes) {
        Ok(filled) if filled == N => Ok(bytes),
        Ok(_) | Err(bs58::decode::Error::BufferTooSmall) => Err(KeyError::Length),
        Err(_) => Err(KeyError::Malformed),
    }
}
