use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::header::{ENC, TYP};
use super::{Algorithm, Envelope, EnvelopeError, Peer};
use crate::crypto::{self, boxes, content};
use crate::{SecretKey, VerKey, base64};

/// Seals `plaintext` from `from` to each of `to` (Authcrypt).
///
/// # Errors
/// [`EnvelopeError::Recipients`] without recipient or with one twice, [`EnvelopeError::Key`] when one is not a valid
/// public key.
pub fn seal_auth(
    plaintext: &[u8],
    from: &SecretKey,
    to: &[VerKey],
) -> Result<Envelope, EnvelopeError> {
    check(to)?;
    let draft = Draft::new(Algorithm::Authcrypt);
    let wrap = |key: &VerKey| Ok(Peer::new(from, key)?.recipient(draft.content_key()));
    let recipients = to.iter().map(wrap).collect::<Result<Vec<_>, EnvelopeError>>()?;
    Ok(draft.finish(&recipients, plaintext))
}

/// Seals `plaintext` to each of `to`, without a sender (Anoncrypt). A forward is sealed so (RFC 0094).
///
/// # Errors
/// Those of [`seal_auth`].
pub fn seal_anon(plaintext: &[u8], to: &[VerKey]) -> Result<Envelope, EnvelopeError> {
    check(to)?;
    let draft = Draft::new(Algorithm::Anoncrypt);
    let wrap = |key: &VerKey| {
        let wrapped = boxes::seal(draft.content_key(), &key.agreement()?)?;
        Ok(RecipientText::anon(&wrapped, *key))
    };
    let recipients = to.iter().map(wrap).collect::<Result<Vec<_>, EnvelopeError>>()?;
    Ok(draft.finish(&recipients, plaintext))
}

fn check(to: &[VerKey]) -> Result<(), EnvelopeError> {
    let twice = to.iter().enumerate().any(|(at, key)| to[..at].contains(key));
    if to.is_empty() || twice { Err(EnvelopeError::Recipients) } else { Ok(()) }
}

/// The JSON of one recipient. Everything in it is base64 or base58, so nothing needs escaping.
pub(super) struct RecipientText(String);

impl RecipientText {
    pub(super) fn auth(wrapped: &[u8], kid: VerKey, iv: &[u8], sender: &str) -> Self {
        let (key, iv) = (base64::encode(wrapped), base64::encode(iv));
        Self(format!(
            r#"{{"encrypted_key":"{key}","header":{{"kid":"{kid}","iv":"{iv}","sender":"{sender}"}}}}"#
        ))
    }

    fn anon(wrapped: &[u8], kid: VerKey) -> Self {
        let key = base64::encode(wrapped);
        Self(format!(r#"{{"encrypted_key":"{key}","header":{{"kid":"{kid}"}}}}"#))
    }
}

/// An envelope in the making: it owns the fresh content key, and can be finished only once.
pub(super) struct Draft {
    algorithm: Algorithm,
    content_key: Zeroizing<[u8; content::KEY]>,
}

impl Draft {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self { algorithm, content_key: Zeroizing::new(crypto::random()) }
    }

    pub(super) fn content_key(&self) -> &[u8; content::KEY] {
        &self.content_key
    }

    pub(super) fn finish(self, recipients: &[RecipientText], plaintext: &[u8]) -> Envelope {
        let protected = base64::encode(self.header(recipients).as_bytes());
        let iv = crypto::random();
        let mut ciphertext = plaintext.to_vec();
        let sealed = content::seal(&self.content_key, iv, protected.as_bytes(), &mut ciphertext);
        #[expect(clippy::expect_used, reason = "the cipher refuses only messages above 256 GiB")]
        let tag = sealed.expect("a message in memory can be sealed");
        write_outer(&protected, &iv, &ciphertext, &tag)
    }

    fn header(&self, recipients: &[RecipientText]) -> String {
        let algorithm = self.algorithm;
        let mut text =
            format!(r#"{{"enc":"{ENC}","typ":"{TYP}","alg":"{algorithm:?}","recipients":["#);
        for (at, recipient) in recipients.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _infallible = write!(text, "{comma}{}", recipient.0);
        }
        text.push_str("]}");
        text
    }
}

fn write_outer(protected: &str, iv: &[u8], ciphertext: &[u8], tag: &[u8]) -> Envelope {
    let mut text = String::with_capacity(protected.len() + ciphertext.len() * 4 / 3 + 128);
    text.push_str(r#"{"protected":""#);
    text.push_str(protected);
    for (name, bytes) in [("iv", iv), ("ciphertext", ciphertext), ("tag", tag)] {
        text.push_str(r#"",""#);
        text.push_str(name);
        text.push_str(r#"":""#);
        base64::encode_into(bytes, &mut text);
    }
    text.push_str(r#""}"#);
    Envelope::new(text.into())
}
