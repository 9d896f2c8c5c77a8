//! NaCl boxes: `crypto_box` (X25519, XSalsa20-Poly1305) and libsodium's anonymous `crypto_box_seal`.
//!
//! A box is 16 bytes of MAC, then the ciphertext. A sealed box has the ephemeral public key in front, and its nonce is
//! BLAKE2b-24 of both public keys.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use blake2::digest::consts::U24;
use blake2::{Blake2b, Digest};
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::cipher::consts::U10;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use salsa20::{XSalsa20, hsalsa};
use zeroize::Zeroizing;

use super::Refused;
use super::agreement::AgreementKey;

/// Bytes that a box is longer than what is in it.
pub(crate) const BOX_OVERHEAD: usize = 16;
/// Bytes that a sealed box is longer than what is in it.
pub(crate) const SEAL_OVERHEAD: usize = 32 + BOX_OVERHEAD;
/// Bytes in a nonce of a box.
pub(crate) const NONCE: usize = 24;

/// The key that two parties share: HSalsa20 of their agreement. Computed once per pair of keys.
pub(crate) struct PairKey(Zeroizing<[u8; 32]>);

impl PairKey {
    pub(crate) fn new(ours: &AgreementKey, theirs: &[u8; 32]) -> Result<Self, Refused> {
        let shared = ours.agree(theirs)?;
        Ok(Self(Zeroizing::new(hsalsa::<U10>((&*shared).into(), &[0; 16].into()).into())))
    }

    /// The box of `message`. A nonce must never be used twice with the same pair.
    pub(crate) fn close(&self, message: &[u8], nonce: &[u8; NONCE]) -> Vec<u8> {
        let mut out = vec![0; BOX_OVERHEAD];
        out.extend_from_slice(message);
        let (mac, body) = out.split_at_mut(BOX_OVERHEAD);
        let (mut cipher, poly) = self.begin(nonce);
        cipher.apply_keystream(body);
        mac.copy_from_slice(&poly.compute_unpadded(body));
        out
    }

    /// What is in `boxed`, when its MAC is right.
    pub(crate) fn open(
        &self,
        boxed: &[u8],
        nonce: &[u8; NONCE],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let (mac, body) = boxed.split_at_checked(BOX_OVERHEAD).ok_or(Refused)?;
        let (mut cipher, poly) = self.begin(nonce);
        verify_slices_are_equal(&poly.compute_unpadded(body), mac).map_err(|_| Refused)?;
        let mut message = Zeroizing::new(body.to_vec());
        cipher.apply_keystream(&mut message);
        Ok(message)
    }

    /// The first 32 bytes of the key stream are the MAC's key; the message begins behind them.
    fn begin(&self, nonce: &[u8; NONCE]) -> (XSalsa20, Poly1305) {
        let mut cipher = XSalsa20::new((&*self.0).into(), nonce.into());
        let mut mac_key = Zeroizing::new([0; 32]);
        cipher.apply_keystream(mac_key.as_mut());
        (cipher, Poly1305::new((&*mac_key).into()))
    }
}

/// Seals `message` so that only the owner of `theirs` opens it, and nobody learns who sealed it.
pub(crate) fn seal(message: &[u8], theirs: &[u8; 32]) -> Result<Vec<u8>, Refused> {
    let ephemeral = AgreementKey::ephemeral()?;
    let boxed =
        PairKey::new(&ephemeral, theirs)?.close(message, &seal_nonce(ephemeral.public(), theirs));
    Ok([ephemeral.public().as_slice(), &boxed].concat())
}

/// What was sealed to `ours`.
pub(crate) fn open_sealed(
    sealed: &[u8],
    ours: &AgreementKey,
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (ephemeral, boxed) = sealed.split_first_chunk::<32>().ok_or(Refused)?;
    PairKey::new(ours, ephemeral)?.open(boxed, &seal_nonce(ephemeral, ours.public()))
}

fn seal_nonce(ephemeral: &[u8; 32], theirs: &[u8; 32]) -> [u8; NONCE] {
    Blake2b::<U24>::new().chain_update(ephemeral).chain_update(theirs).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(scalar: u8) -> AgreementKey {
        AgreementKey::from_scalar(&[scalar; 32]).unwrap()
    }

    #[test]
    fn a_box_opens_on_the_other_side_and_only_with_its_nonce() {
        let (alice, bob) = (pair(1), pair(2));
        let boxed = PairKey::new(&alice, bob.public()).unwrap().close(b"hello", &[7; 24]);
        let theirs = PairKey::new(&bob, alice.public()).unwrap();
        assert_eq!(theirs.open(&boxed, &[7; 24]).unwrap().as_slice(), b"hello");
        assert!(theirs.open(&boxed, &[8; 24]).is_err());
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        assert!(PairKey::new(&pair(1), &[0; 32]).is_err());
        assert!(seal(b"x", &[0; 32]).is_err());
    }

    #[test]
    fn a_sealed_box_that_is_too_short_is_refused() {
        assert!(open_sealed(&[1; 47], &pair(1)).is_err());
        assert!(open_sealed(&[], &pair(1)).is_err());
    }
}
