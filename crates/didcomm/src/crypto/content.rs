//! The content cipher of an envelope: IETF ChaCha20-Poly1305 (RFC 8439) with a nonce of 12 bytes.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use super::Refused;

/// Bytes in a content key.
pub(crate) const KEY: usize = 32;
/// Bytes in a nonce of the content cipher.
pub(crate) const NONCE: usize = 12;
/// Bytes in a tag of the content cipher.
pub(crate) const TAG: usize = 16;

/// Encrypts `in_out` in place and returns the tag. A nonce must never be used twice with the same key.
pub(crate) fn seal(
    key: &[u8; KEY],
    nonce: [u8; NONCE],
    aad: &[u8],
    in_out: &mut [u8],
) -> Result<[u8; TAG], Refused> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher(key)?
        .seal_in_place_separate_tag(nonce, Aad::from(aad), in_out)
        .map_err(|_| Refused)?;
    tag.as_ref().try_into().map_err(|_| Refused)
}

/// Decrypts `ciphertext` into a buffer of its own, when the tag is right for it and for `aad`.
pub(crate) fn open(
    key: &[u8; KEY],
    nonce: [u8; NONCE],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8; TAG],
) -> Result<Vec<u8>, Refused> {
    let mut plaintext = vec![0; ciphertext.len()];
    let nonce = Nonce::assume_unique_for_key(nonce);
    cipher(key)?
        .open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, &mut plaintext)
        .map_err(|_| Refused)?;
    Ok(plaintext)
}

fn cipher(key: &[u8; KEY]) -> Result<LessSafeKey, Refused> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new).map_err(|_| Refused)
}
