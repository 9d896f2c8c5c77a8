use super::header::{Header, Outer, Recipient};
use super::{Algorithm, EnvelopeError, Limits};
use crate::crypto::content;
use crate::{VerKey, base64};

/// A v1 envelope that was parsed and is still closed.
///
/// Parsing decodes everything and computes nothing: the work on keys is done by [`Sealed::open`], after the caller
/// has found a recipient of its own in [`Sealed::recipients`].
pub struct Sealed {
    pub(super) algorithm: Algorithm,
    pub(super) recipients: Vec<Recipient>,
    pub(super) protected: String,
    pub(super) iv: [u8; content::NONCE],
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: [u8; content::TAG],
}

impl Sealed {
    /// Parses an envelope within `limits`.
    ///
    /// # Errors
    /// Everything that RFC 0019 does not allow, and what would make authentication doubtful: a `kid` twice, and an
    /// Authcrypt recipient without `sender` or `iv`.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        if bytes.len() > limits.envelope_bytes {
            return Err(EnvelopeError::TooLarge);
        }
        let outer: Outer<'_> = serde_json::from_slice(bytes).map_err(|_| EnvelopeError::Json)?;
        let header = base64::decode(&outer.protected, limits.header_bytes)?;
        let header: Header<'_> =
            serde_json::from_slice(&header).map_err(|_| EnvelopeError::Header)?;
        let algorithm = header.algorithm()?;
        Ok(Self {
            algorithm,
            recipients: recipients(&header, algorithm, limits)?,
            iv: base64::decode_exact(&outer.iv)?,
            tag: base64::decode_exact(&outer.tag)?,
            ciphertext: base64::decode(&outer.ciphertext, limits.envelope_bytes)?,
            protected: outer.protected.into_owned(),
        })
    }

    /// Whom the envelope is for, with the index that [`open`](Self::open) takes.
    pub fn recipients(&self) -> impl Iterator<Item = (usize, VerKey)> {
        self.recipients.iter().map(|recipient| recipient.kid).enumerate()
    }

    /// What will be known of the sender.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

fn recipients(
    header: &Header<'_>,
    algorithm: Algorithm,
    limits: &Limits,
) -> Result<Vec<Recipient>, EnvelopeError> {
    if header.recipients.is_empty() || header.recipients.len() > limits.recipients {
        return Err(EnvelopeError::Recipients);
    }
    let mut recipients: Vec<Recipient> = Vec::with_capacity(header.recipients.len());
    for raw in &header.recipients {
        let recipient = raw.decode(algorithm)?;
        if recipients.iter().any(|earlier| earlier.kid == recipient.kid) {
            return Err(EnvelopeError::Recipients);
        }
        recipients.push(recipient);
    }
    Ok(recipients)
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (algorithm, recipients, bytes) =
            (self.algorithm, self.recipients.len(), self.ciphertext.len());
        write!(f, "Sealed({algorithm:?}, {recipients} recipients, {bytes} bytes)")
    }
}
