//! The cryptographic backend, and the only place that names it.
//!
//! X25519, Ed25519, ChaCha20-Poly1305, SHA-2, HKDF and randomness come from aws-lc-rs; the NaCl box (XSalsa20-Poly1305,
//! HSalsa20), BLAKE2b and the map from Ed25519 to X25519 public keys from pure Rust crates, because aws-lc-rs has none
//! of them. Figures and reasons are in `docs/adr/0002-crypto-backend.md`.

pub(crate) mod agreement;
pub(crate) mod boxes;
pub(crate) mod content;
pub(crate) mod convert;
pub(crate) mod signature;

use aws_lc_rs::{digest, hkdf, rand};
use blake2::digest::consts::U16;
use blake2::{Blake2b, Digest};
use zeroize::Zeroizing;

/// A key that was refused, or a ciphertext that does not open. It says no more on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cryptographic check failed")]
pub struct Refused;

/// `N` unpredictable bytes from the operating system's seeded generator.
///
/// # Panics
/// When the operating system gives no randomness: nothing safe can be sealed then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without randomness no key may be made, and no caller could go on"
    )]
    rand::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// BLAKE2b-128 of `parts`, joined as they are: about half the time of [`sha256`] on processors without instructions for that.
#[must_use]
pub fn fingerprint(parts: &[&[u8]]) -> [u8; 16] {
    let hash = Blake2b::<U16>::new();
    parts.iter().fold(hash, |hash, part| hash.chain_update(part)).finalize().into()
}

/// 32 bytes derived from `secret` for the purpose that `info` spells, by HKDF-SHA-256 without salt (RFC 5869).
/// The parts of `info` are joined as they are: make them of fixed length, or put separators between them.
#[must_use]
pub fn derive(secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    let key = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret);
    #[expect(clippy::expect_used, reason = "HKDF-SHA-256 refuses only outputs above 8,160 bytes")]
    key.expand(info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(out.as_mut()))
        .expect("32 bytes fit HKDF-SHA-256");
    out
}
