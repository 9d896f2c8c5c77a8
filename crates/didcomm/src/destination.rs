use std::fmt;

use crate::did;
use crate::keys::multikey::Multikey;
use crate::{KeyError, VerKey};

const KEY: u8 = 1;
const AGREEMENT: u8 = 2;
const DID: u8 = 3;

/// Who a forward is for: the `to` of routing 1.0 (RFC 0094), the `next` of routing 2.0, and what a keylist holds.
///
/// Made by [`Destination::parse`], different spellings of the same owner are equal: a raw key and its did:key forms,
/// `did:sov:X` and `X`, the long and the short form of a did:peer:4, a DID and a DID URL with a fragment.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    /// An Ed25519 key, the usual case in DIDComm v1.
    Key(VerKey),
    /// An X25519 key that stands alone (`did:key:z6LS…`).
    Agreement([u8; 32]),
    /// Any other DID, in the spelling of [`did::normalise`].
    Did(Box<str>),
}

/// Why a text or some bytes name no destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// Neither a key nor a DID.
    #[error("the destination is neither a key nor a DID")]
    Malformed,
    /// A key form with a wrong key in it.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A DID form that breaks the rules of its method.
    #[error(transparent)]
    Did(#[from] did::DidError),
    /// Bytes that [`Destination::to_bytes`] did not make.
    #[error("the stored destination is damaged")]
    Damaged,
}

impl Destination {
    /// Reads a raw key, a did:key (with or without fragment), a DID, a DID URL, or an unqualified DID.
    ///
    /// # Errors
    /// Everything else, and everything above the length limits of [`did`].
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        if let Some(multibase) =
            text.strip_prefix("did:key:").or_else(|| text.strip_prefix("did:peer:0"))
        {
            return Self::parse_multibase(text, multibase);
        }
        if text.starts_with("did:") || did::is_unqualified(text) {
            return Ok(Self::Did(did::normalise(text)?.into()));
        }
        Ok(Self::Key(VerKey::parse(text)?))
    }

    fn parse_multibase(text: &str, multibase: &str) -> Result<Self, DestinationError> {
        let bare = did::without_fragment(multibase);
        match Multikey::parse(bare) {
            Ok(Multikey::X25519(_))
                if multibase.len() > bare.len() && !multibase.ends_with(bare) =>
            {
                Err(KeyError::Fragment.into())
            }
            Ok(Multikey::X25519(key)) => Ok(Self::Agreement(key)),
            Ok(Multikey::Ed25519(_)) => Ok(Self::Key(VerKey::parse_did_key(multibase)?)),
            Err(_) => Ok(Self::Did(did::normalise(text)?.into())),
        }
    }

    /// The destination as a DID: did:key for keys (as a keylist answers), the DID itself otherwise.
    #[must_use]
    pub fn to_did(&self) -> String {
        match self {
            Self::Key(key) => key.to_did_key(),
            Self::Agreement(key) => format!("did:key:{}", Multikey::X25519(*key).encode()),
            Self::Did(did) => did.to_string(),
        }
    }

    /// A stable encoding for keys of a store: one byte for the kind, then the raw key or the DID's text.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, rest): (u8, &[u8]) = match self {
            Self::Key(key) => (KEY, key.as_bytes()),
            Self::Agreement(key) => (AGREEMENT, key),
            Self::Did(did) => (DID, did.as_bytes()),
        };
        [&[kind], rest].concat()
    }

    /// Reads back what [`to_bytes`](Self::to_bytes) made.
    ///
    /// # Errors
    /// [`DestinationError::Damaged`] for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DestinationError> {
        let (kind, rest) = bytes.split_first().ok_or(DestinationError::Damaged)?;
        let key = || rest.try_into().map_err(|_| DestinationError::Damaged);
        match *kind {
            KEY => Ok(Self::Key(VerKey::from_bytes(key()?))),
            AGREEMENT => Ok(Self::Agreement(key()?)),
            DID if rest.len() <= did::LONGEST_DID => std::str::from_utf8(rest)
                .map(|did| Self::Did(did.into()))
                .map_err(|_| DestinationError::Damaged),
            _ => Err(DestinationError::Damaged),
        }
    }
}

impl From<VerKey> for Destination {
    fn from(key: VerKey) -> Self {
        Self::Key(key)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Agreement(_) => f.pad(&self.to_did()),
            Self::Did(did) => f.pad(did),
        }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "Destination({key:.6}…)"),
            Self::Agreement(_) => write!(f, "Destination({self:.17}…)"),
            Self::Did(did) => write!(f, "Destination({did:.16}…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "FJn2hDGYdgvpii9LyH7NfxRs4wSqkrw1axMS68KSmtdz";

    #[test]
    fn every_spelling_of_a_key_is_one_destination() {
        let key = VerKey::parse(RAW).unwrap();
        let derived = Multikey::X25519(key.agreement().unwrap()).encode();
        let peer0 = format!("did:peer:0{}", key.to_multibase());
        let url = format!("{}#{derived}", key.to_did_key());
        for text in [RAW, &key.to_did_key(), &key.to_did_key_url(), &peer0, &url] {
            assert_eq!(Destination::parse(text).unwrap(), Destination::Key(key), "{text}");
        }
    }

    #[test]
    fn a_fragment_of_another_key_is_refused() {
        let other = VerKey::parse("G1VGGLLsJg6Efgwe3ddSNYJ58ad2hjT7Q9q5YjMVf7ri").unwrap();
        let key = VerKey::parse(RAW).unwrap();
        let text = format!("{}#{}", key.to_did_key(), other.to_multibase());
        assert_eq!(Destination::parse(&text), Err(KeyError::Fragment.into()));
    }

    #[test]
    fn an_agreement_key_stands_for_itself() {
        let text = "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F";
        let alone = Destination::parse(text).unwrap();
        assert!(matches!(alone, Destination::Agreement(_)));
        assert_eq!(alone.to_did(), text);
        let url = format!("{text}#z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F");
        assert_eq!(Destination::parse(&url).unwrap(), alone);
        assert_eq!(Destination::parse(&format!("{text}#key-1")), Err(KeyError::Fragment.into()));
    }

    #[test]
    fn bytes_come_back_as_they_went() {
        for text in [
            RAW,
            "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F",
            "did:web:a.example#key-1",
        ] {
            let destination = Destination::parse(text).unwrap();
            assert_eq!(Destination::from_bytes(&destination.to_bytes()).unwrap(), destination);
        }
        for bytes in [&[][..], &[KEY], &[KEY, 1, 2], &[9; 33], &[DID, 0xff]] {
            assert_eq!(Destination::from_bytes(bytes), Err(DestinationError::Damaged));
        }
    }

    #[test]
    fn debug_output_is_shortened() {
        let shown = format!("{:?}", Destination::parse(RAW).unwrap());
        assert_eq!(shown, "Destination(FJn2hD…)");
    }
}
