//! From Ed25519 keys to the X25519 keys of the same owner (libsodium's `crypto_sign_ed25519_*_to_curve25519`).

use aws_lc_rs::digest::{SHA512, digest};
use curve25519_dalek::edwards::CompressedEdwardsY;
use zeroize::Zeroizing;

use super::Refused;

/// The X25519 public key with the secret of this Ed25519 public key; refused when the bytes are no point, or one of
/// small order.
pub(crate) fn public_to_agreement(verkey: &[u8; 32]) -> Result<[u8; 32], Refused> {
    let point = CompressedEdwardsY(*verkey).decompress().ok_or(Refused)?;
    if point.is_small_order() {
        return Err(Refused);
    }
    Ok(point.to_montgomery().to_bytes())
}

/// The X25519 scalar of an Ed25519 seed: the first half of its SHA-512, which the agreement clamps.
pub(crate) fn seed_to_scalar(seed: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut scalar = Zeroizing::new([0; 32]);
    scalar.copy_from_slice(&digest(&SHA512, seed).as_ref()[..32]);
    scalar
}
