use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::VerKey;
use crate::crypto::agreement::AgreementKey;
use crate::crypto::signature::SigningKey;
use crate::crypto::{self, Refused, convert};

/// An Ed25519 key pair with the X25519 pair of the same owner, both parsed once.
///
/// Cheap to clone; the secrets are wiped when the last clone is dropped, and never shown.
#[derive(Clone)]
pub struct SecretKey(Arc<Secrets>);

struct Secrets {
    verkey: VerKey,
    seed: Zeroizing<[u8; 32]>,
    signing: SigningKey,
    agreement: AgreementKey,
}

impl SecretKey {
    /// The key pair of a 32-byte seed (RFC 8032's secret key).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        #[expect(
            clippy::expect_used,
            reason = "every 32 bytes are a seed; the backend fails only out of memory"
        )]
        let secrets = Secrets::new(seed).expect("every seed makes a key");
        Self(Arc::new(secrets))
    }

    /// A fresh key pair.
    #[must_use]
    pub fn generate() -> Self {
        Self::from_seed(crypto::random())
    }

    /// The public half.
    #[must_use]
    pub fn verkey(&self) -> VerKey {
        self.0.verkey
    }

    /// The seed, for storing it wrapped. Wipe what it is copied into.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.0.seed
    }

    /// The Ed25519 signature over `message` (RFC 8032).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.signing.sign(message)
    }

    pub(crate) fn agreement(&self) -> &AgreementKey {
        &self.0.agreement
    }
}

impl Secrets {
    fn new(seed: Zeroizing<[u8; 32]>) -> Result<Self, Refused> {
        let signing = SigningKey::from_seed(&seed)?;
        let verkey = VerKey::from_bytes(signing.public()?);
        let agreement = AgreementKey::from_scalar(&convert::seed_to_scalar(&seed))?;
        Ok(Self { verkey, seed, signing, agreement })
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({:?})", self.0.verkey)
    }
}
