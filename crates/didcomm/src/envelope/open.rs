use zeroize::Zeroizing;

use super::header::{Recipient, Wrapped};
use super::{EnvelopeError, Peer, Sealed};
use crate::crypto::boxes::{PairKey, open_sealed};
use crate::crypto::{Refused, content};
use crate::{KeyError, SecretKey, VerKey};

/// What was in an envelope, and who it was from and for.
pub struct Opened {
    /// The message.
    pub plaintext: Vec<u8>,
    /// The authenticated sender; `None` for Anoncrypt, whatever such an envelope says of itself.
    pub sender: Option<VerKey>,
    /// The key of ours that opened it.
    pub recipient: VerKey,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sender, recipient, bytes) = (self.sender, self.recipient, self.plaintext.len());
        write!(f, "Opened({bytes} bytes, sender {sender:?}, recipient {recipient:?})")
    }
}

/// A content key, and the sender that its box proves.
type Unwrapped = (Zeroizing<[u8; content::KEY]>, Option<VerKey>);

impl Sealed {
    /// Opens the envelope with `secret`, the key of the recipient at `index`.
    ///
    /// Costs one X25519 agreement for Anoncrypt, two for Authcrypt.
    ///
    /// # Errors
    /// [`EnvelopeError::NotRecipient`] when `secret` is not that recipient's, [`EnvelopeError::Refused`] when anything
    /// was changed on the way, [`EnvelopeError::Key`] when the sealed sender is no key.
    pub fn open(&self, index: usize, secret: &SecretKey) -> Result<Opened, EnvelopeError> {
        let recipient = self.recipient(index, secret)?;
        self.finish(recipient.kid, recipient.wrapped.unwrap_with(secret)?)
    }

    /// Opens an envelope that is probably from `peer`, without any agreement when it is: the box around the content key
    /// opens under the cached pair key only if the peer (or we) made it, so the sealed `sender` need not be opened. When it does
    /// not open, or `peer` belongs to another key of ours, this is [`open`](Self::open).
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_from(
        &self,
        index: usize,
        secret: &SecretKey,
        peer: &Peer,
    ) -> Result<Opened, EnvelopeError> {
        let recipient = self.recipient(index, secret)?;
        match recipient.wrapped.unwrap_from(peer, recipient.kid) {
            Some(unwrapped) => self.finish(recipient.kid, unwrapped),
            None => self.open(index, secret),
        }
    }

    fn recipient(&self, index: usize, secret: &SecretKey) -> Result<&Recipient, EnvelopeError> {
        let recipient = self.recipients.get(index).ok_or(EnvelopeError::NotRecipient)?;
        if recipient.kid == secret.verkey() {
            Ok(recipient)
        } else {
            Err(EnvelopeError::NotRecipient)
        }
    }

    fn finish(&self, recipient: VerKey, (key, sender): Unwrapped) -> Result<Opened, EnvelopeError> {
        let plaintext =
            content::open(&key, self.iv, self.protected.as_bytes(), &self.ciphertext, &self.tag)?;
        Ok(Opened { plaintext, sender, recipient })
    }
}

impl Wrapped {
    fn unwrap_with(&self, secret: &SecretKey) -> Result<Unwrapped, EnvelopeError> {
        match self {
            Self::Anon { key } => Ok((content_key(&open_sealed(key, secret.agreement())?)?, None)),
            Self::Auth { key, iv, sender } => {
                let sender = sender_key(&open_sealed(sender, secret.agreement())?)?;
                let pair = PairKey::new(secret.agreement(), &sender.agreement()?)?;
                Ok((content_key(&pair.open(key, iv)?)?, Some(sender)))
            }
        }
    }

    fn unwrap_from(&self, peer: &Peer, kid: VerKey) -> Option<Unwrapped> {
        match self {
            Self::Auth { key, iv, .. } if peer.ours() == kid => {
                let key = content_key(&peer.pair().open(key, iv).ok()?).ok()?;
                Some((key, Some(peer.theirs())))
            }
            _ => None,
        }
    }
}

fn content_key(bytes: &[u8]) -> Result<Zeroizing<[u8; content::KEY]>, Refused> {
    bytes.try_into().map(Zeroizing::new).map_err(|_| Refused)
}

/// The sealed sender is the base58 *text* of the key.
fn sender_key(text: &[u8]) -> Result<VerKey, EnvelopeError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyError::Malformed)?;
    Ok(VerKey::parse(text)?)
}
