//! The tables of `mail.redb`.

use redb::TableDefinition;
use store::{Position, RecipientId, Timestamp};

/// Owner and position of the first message that it was made for → [`Sheet`](super::Sheet). The sheets of a mailbox do not
/// overlap.
pub(crate) const SHEETS: TableDefinition<Key, &[u8]> = TableDefinition::new("sheets");
/// When the first message of a sheet expires, and the sheet's key.
pub(crate) const EXPIRIES: TableDefinition<TimedKey, ()> = TableDefinition::new("expiries");
/// Owner → messages and bytes.
pub(crate) const TOTALS: TableDefinition<u128, (u64, u64)> = TableDefinition::new("totals");
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

/// An owner, and a position or a hash: as numbers, which redb compares faster than bytes.
pub(crate) type Key = (u128, u128);
/// A time in front of a [`Key`].
pub(crate) type TimedKey = (u64, u128, u128);

pub(crate) fn owner_key(owner: RecipientId) -> u128 {
    u128::from_be_bytes(owner.0)
}

pub(crate) fn place(owner: RecipientId, position: Position) -> Key {
    (owner_key(owner), u128::from_be_bytes(position.to_bytes()))
}

pub(crate) fn timed(time: Timestamp, (owner, position): Key) -> TimedKey {
    (time.0, owner, position)
}

/// The second half of a key made by [`place`].
pub(crate) fn position_of((_, position): Key) -> Position {
    Position::from_bytes(position.to_be_bytes())
}

/// The first half of a key made by [`place`].
pub(crate) fn owner_of((owner, _): Key) -> RecipientId {
    RecipientId(owner.to_be_bytes())
}
