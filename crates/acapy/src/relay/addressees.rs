use didcomm::{EnvelopeError, Limits, Sealed, VerKey};

/// Whom an envelope is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addressees {
    /// What its list is named after: the keys of all recipients in base58, with commas between them.
    pub kid: String,
    /// The keys.
    pub keys: Vec<VerKey>,
}

impl Addressees {
    /// Reads them from an envelope of DIDComm v1. All else is refused, because an agent that is handed it may stop.
    ///
    /// # Errors
    /// As of [`Sealed::parse`].
    pub fn of(envelope: &[u8], limits: &Limits) -> Result<Self, EnvelopeError> {
        let sealed = Sealed::parse(envelope, limits)?;
        let keys: Vec<_> = sealed.recipients().map(|(_, key)| key).collect();
        let names: Vec<_> = keys.iter().map(ToString::to_string).collect();
        Ok(Self { kid: names.join(","), keys })
    }
}

#[cfg(test)]
mod tests {
    use didcomm::{SecretKey, seal_anon};

    use super::*;

    fn key() -> VerKey {
        SecretKey::generate().verkey()
    }

    #[test]
    fn several_recipients_share_one_list() {
        let (one, other) = (key(), key());
        let envelope = seal_anon(b"{}", &[one, other]).unwrap();
        let found = Addressees::of(envelope.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(found.kid, format!("{one},{other}"));
        assert_eq!(found.keys, [one, other]);
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        let plain = br#"{"@type": "https://didcomm.org/out-of-band/1.1/handshake-reuse"}"#;
        for junk in [&b"junk"[..], plain, br#"{"protected": "e30="}"#] {
            assert!(Addressees::of(junk, &Limits::default()).is_err());
        }
    }
}
