//! The tables of `mail.redb`. All numbers are big-endian, so that keys sort as they count.

use redb::TableDefinition;
use store::{Position, RecipientId, Timestamp};

/// Owner and position of the first message that it was made for → [`Sheet`](super::Sheet). The sheets of a mailbox do not
/// overlap.
pub(crate) const SHEETS: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("sheets");
/// When the first message of a sheet expires, and the sheet's key.
pub(crate) const EXPIRIES: TableDefinition<[u8; 40], ()> = TableDefinition::new("expiries");
/// Owner → messages and bytes.
pub(crate) const TOTALS: TableDefinition<[u8; 16], (u64, u64)> = TableDefinition::new("totals");
/// Segment → its [`Load`]. Segments without messages have no row.
pub(crate) const SEGMENTS: TableDefinition<u64, (u64, u64, u64)> = TableDefinition::new("segments");
/// [`FORMAT`], [`LAST_SEGMENT`] and [`NEXT_SEQUENCE`].
pub(crate) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// The format of the directory. The first one had no such row.
pub(crate) const FORMAT: &str = "format";
/// The last segment of the journal that the archive contains.
pub(crate) const LAST_SEGMENT: &str = "last segment";
/// A sequence above all that the archive has seen.
pub(crate) const NEXT_SEQUENCE: &str = "next sequence";

/// What lives in a segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub messages: u64,
    /// Of their frames.
    pub bytes: u64,
    /// Bytes of the file.
    pub size: u64,
}

impl Load {
    pub(crate) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
    }

    pub(crate) fn subtract(&mut self, other: Self) {
        self.messages = self.messages.saturating_sub(other.messages);
        self.bytes = self.bytes.saturating_sub(other.bytes);
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
