//! X25519 key agreement (RFC 7748).

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use zeroize::Zeroizing;

use super::Refused;

/// An X25519 key pair, parsed once. The backend wipes the secret when it is dropped.
pub(crate) struct AgreementKey {
    secret: PrivateKey,
    public: [u8; 32],
}

impl AgreementKey {
    /// The pair of a 32-byte scalar (clamped by the backend when it is used).
    pub(crate) fn from_scalar(scalar: &[u8; 32]) -> Result<Self, Refused> {
        let secret = PrivateKey::from_private_key(&X25519, scalar).map_err(|_| Refused)?;
        Self::with_public(secret)
    }

    /// A fresh pair, used for one sealed box.
    pub(crate) fn ephemeral() -> Result<Self, Refused> {
        Self::with_public(PrivateKey::generate(&X25519).map_err(|_| Refused)?)
    }

    fn with_public(secret: PrivateKey) -> Result<Self, Refused> {
        let computed = secret.compute_public_key().map_err(|_| Refused)?;
        let public = computed.as_ref().try_into().map_err(|_| Refused)?;
        Ok(Self { secret, public })
    }

    pub(crate) fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The shared secret with `theirs`; refused when `theirs` has a small order (the secret would be all zero).
    pub(crate) fn agree(&self, theirs: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, Refused> {
        let theirs = UnparsedPublicKey::new(&X25519, theirs);
        agree(&self.secret, theirs, Refused, |shared| {
            let mut out = Zeroizing::new([0; 32]);
            out.copy_from_slice(shared.get(..32).ok_or(Refused)?);
            Ok(out)
        })
    }
}
