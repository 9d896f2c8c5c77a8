//! The tables of `mail.redb`. All numbers are big-endian, so that keys sort as they count.

use didcomm::Destination;
use redb::TableDefinition;
use store::{Position, RecipientId, Timestamp};

/// Owner and position → [`MailRow`]. Small rows, so that a mailbox is counted and searched without its envelopes.
pub(crate) const MAIL: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("mail");
/// Position → envelope.
pub(crate) const ENVELOPES: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("envelopes");
/// Expiry, owner and position.
pub(crate) const EXPIRIES: TableDefinition<[u8; 40], ()> = TableDefinition::new("expiries");
/// Owner → messages and bytes.
pub(crate) const TOTALS: TableDefinition<[u8; 16], (u64, u64)> = TableDefinition::new("totals");
/// [`LAST_SEGMENT`] and [`NEXT_SEQUENCE`].
pub(crate) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// The last segment of the journal that the archive contains.
pub(crate) const LAST_SEGMENT: &str = "last segment";
/// A sequence above all that the archive has seen.
pub(crate) const NEXT_SEQUENCE: &str = "next sequence";

/// A message without its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailRow {
    pub received: Timestamp,
    pub expires: Timestamp,
    pub length: u32,
    pub destination: Destination,
}

impl MailRow {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&self.received.0.to_be_bytes());
        bytes.extend_from_slice(&self.expires.0.to_be_bytes());
        bytes.extend_from_slice(&self.length.to_be_bytes());
        bytes.extend_from_slice(&self.destination.to_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, redb::Error> {
        Self::try_decode(bytes)
            .ok_or_else(|| redb::Error::Corrupted("a row of the mail table".to_owned()))
    }

    fn try_decode(bytes: &[u8]) -> Option<Self> {
        let (received, rest) = bytes.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (length, destination) = rest.split_first_chunk()?;
        Some(Self {
            received: Timestamp(u64::from_be_bytes(*received)),
            expires: Timestamp(u64::from_be_bytes(*expires)),
            length: u32::from_be_bytes(*length),
            destination: Destination::from_bytes(destination).ok()?,
        })
    }
}

/// Messages of a mailbox and the bytes of their envelopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub messages: u64,
    pub bytes: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, bytes: u64) {
        self.messages += 1;
        self.bytes += bytes;
    }

    pub(crate) fn subtract(&mut self, bytes: u64) {
        self.messages = self.messages.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

pub(crate) fn place(owner: RecipientId, position: Position) -> [u8; 32] {
    pair(owner.0, position.to_bytes())
}

pub(crate) fn pair(first: [u8; 16], second: [u8; 16]) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&first);
    key[16..].copy_from_slice(&second);
    key
}

pub(crate) fn timed(time: Timestamp, pair: [u8; 32]) -> [u8; 40] {
    let mut key = [0; 40];
    key[..8].copy_from_slice(&time.0.to_be_bytes());
    key[8..].copy_from_slice(&pair);
    key
}

/// The last 32 bytes of a key made by [`timed`].
pub(crate) fn untimed(key: [u8; 40]) -> [u8; 32] {
    let mut pair = [0; 32];
    pair.copy_from_slice(&key[8..]);
    pair
}

/// The second half of a key made by [`place`].
pub(crate) fn position_of(place: [u8; 32]) -> Position {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&place[16..]);
    Position::from_bytes(bytes)
}

/// The first half of a key made by [`place`].
pub(crate) fn owner_of(place: [u8; 32]) -> RecipientId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&place[..16]);
    RecipientId(bytes)
}

/// An envelope that a row promises and that is not there.
pub(crate) fn missing_envelope() -> redb::Error {
    redb::Error::Corrupted("an envelope is missing".to_owned())
}
