use super::seal::{Draft, RecipientText};
use super::{Algorithm, Envelope, EnvelopeError};
use crate::crypto::boxes::{self, PairKey};
use crate::{SecretKey, VerKey, crypto};

/// What one key of ours and one key of theirs share, computed once: the pair key, and our sealed `sender`.
///
/// With it, sealing and opening an authcrypted envelope needs no X25519 at all. The sealed `sender` is the same in every
/// envelope to this peer: whoever sees two of them on the way can tell that they have one sender, which the recipient's
/// key in the clear and the address of the connection tell as well.
pub struct Peer {
    ours: VerKey,
    theirs: VerKey,
    pair: PairKey,
    sealed_sender: String,
}

impl Peer {
    /// Computes what `ours` and `theirs` share: three X25519 operations.
    ///
    /// # Errors
    /// [`EnvelopeError::Key`] when `theirs` is not a valid public key.
    pub fn new(ours: &SecretKey, theirs: &VerKey) -> Result<Self, EnvelopeError> {
        let agreement = theirs.agreement()?;
        let sealed_sender = boxes::seal(ours.verkey().to_string().as_bytes(), &agreement)?;
        Ok(Self {
            ours: ours.verkey(),
            theirs: *theirs,
            pair: PairKey::new(ours.agreement(), &agreement)?,
            sealed_sender: crate::base64::encode(&sealed_sender),
        })
    }

    /// Our key.
    #[must_use]
    pub const fn ours(&self) -> VerKey {
        self.ours
    }

    /// Their key.
    #[must_use]
    pub const fn theirs(&self) -> VerKey {
        self.theirs
    }

    /// Seals `plaintext` from us to them (Authcrypt).
    #[must_use]
    pub fn seal(&self, plaintext: &[u8]) -> Envelope {
        let draft = Draft::new(Algorithm::Authcrypt);
        let recipient = self.recipient(draft.content_key());
        draft.finish(&[recipient], plaintext)
    }

    pub(super) fn pair(&self) -> &PairKey {
        &self.pair
    }

    /// The recipient object for them, with the content key under the pair key.
    pub(super) fn recipient(&self, content_key: &[u8]) -> RecipientText {
        let iv = crypto::random();
        let wrapped = self.pair.close(content_key, &iv);
        RecipientText::auth(&wrapped, self.theirs, &iv, &self.sealed_sender)
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Peer(ours {:?}, theirs {:?})", self.ours, self.theirs)
    }
}
