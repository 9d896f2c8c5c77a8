//! A sheet: the places of some messages of one mailbox that lie in one segment. One row of the archive.

use didcomm::Destination;
use store::{Position, Timestamp};

use super::Outcome;
use super::rows::Load;
use crate::generation::Kept;
use crate::journal::{Frame, SegmentId};

/// So many fit into a page of 4 KiB, with a few destinations.
pub(crate) const PLACES: usize = 64;
/// Position, received, expires, offset, length, index of the destination.
const ROW: usize = 16 + 8 + 8 + 8 + 4 + 1;

/// Up to [`PLACES`] messages, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub segment: SegmentId,
    destinations: Vec<Addressed>,
    rows: Vec<Row>,
}

/// A destination and the bytes that it takes up in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Addressed {
    destination: Destination,
    bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    position: Position,
    received: Timestamp,
    expires: Timestamp,
    offset: u64,
    length: u32,
    destination: u8,
}

/// What the archive knows of a message.
pub(crate) struct Place<'a> {
    pub position: Position,
    pub received: Timestamp,
    pub expires: Timestamp,
    pub segment: SegmentId,
    pub frame: Frame,
    pub destination: &'a Destination,
}

impl Sheet {
    /// An empty one.
    pub(crate) fn in_segment(segment: SegmentId) -> Self {
        Self { segment, destinations: Vec::new(), rows: Vec::new() }
    }

    /// Adds a message that is younger than all in it. There must be less than [`PLACES`].
    pub(crate) fn push(&mut self, position: Position, kept: &Kept) {
        let destination = self.index_of(&kept.destination);
        let Frame { offset, length, .. } = kept.frame;
        let Kept { received, expires, .. } = *kept;
        self.rows.push(Row { position, received, expires, offset, length, destination });
    }

    fn index_of(&mut self, destination: &Destination) -> u8 {
        let known = self.destinations.iter().position(|known| known.destination == *destination);
        let index = known.unwrap_or_else(|| {
            let bytes = destination.to_bytes().len();
            self.destinations.push(Addressed { destination: destination.clone(), bytes });
            self.destinations.len() - 1
        });
        index as u8
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The position of the youngest.
    pub(crate) fn last(&self) -> Option<Position> {
        self.rows.last().map(|row| row.position)
    }

    /// When the first of them expires.
    pub(crate) fn soonest(&self) -> Option<Timestamp> {
        self.rows.iter().map(|row| row.expires).min()
    }

    /// Its messages from this position on.
    pub(crate) fn from(&self, first: Position) -> impl DoubleEndedIterator<Item = Place<'_>> {
        let start = self.rows.partition_point(|row| row.position < first);
        self.rows[start..].iter().map(|row| self.place(row))
    }

    /// All its messages.
    pub(crate) fn places(&self) -> impl DoubleEndedIterator<Item = Place<'_>> {
        self.rows.iter().map(|row| self.place(row))
    }

    /// One of them.
    pub(crate) fn find(&self, position: Position) -> Option<Place<'_>> {
        let index = self.rows.binary_search_by_key(&position, |row| row.position).ok()?;
        Some(self.place(&self.rows[index]))
    }

    fn place(&self, row: &Row) -> Place<'_> {
        // Reading a row proves that the index is valid.
        let Addressed { destination, bytes } = &self.destinations[usize::from(row.destination)];
        let frame = Frame::new(row.offset, *bytes, row.length as usize);
        let Row { position, received, expires, .. } = *row;
        Place { position, received, expires, segment: self.segment, frame, destination }
    }

    pub(crate) fn retain(&mut self, stays: impl Fn(Position) -> bool) {
        self.rows.retain(|row| stays(row.position));
    }

    /// The same messages in another segment, at these offsets.
    pub(crate) fn moved_to(mut self, segment: SegmentId, offsets: &[u64]) -> Self {
        self.segment = segment;
        self.rows.iter_mut().zip(offsets).for_each(|(row, offset)| row.offset = *offset);
        self
    }

    /// What it means for its segment.
    pub(crate) fn load(&self) -> Load {
        let bytes = self.places().map(|place| place.frame.bytes()).sum();
        Load { messages: self.rows.len() as u64, bytes, size: 0 }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.rows.len() * ROW);
        bytes.extend_from_slice(&self.segment.to_number().to_be_bytes());
        bytes.push(self.destinations.len() as u8);
        for Addressed { destination, bytes: length } in &self.destinations {
            bytes.extend_from_slice(&(*length as u16).to_be_bytes());
            bytes.extend_from_slice(&destination.to_bytes());
        }
        self.rows.iter().for_each(|row| row.encode(&mut bytes));
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Outcome<Self> {
        Self::try_decode(bytes)
            .ok_or_else(|| redb::Error::Corrupted("a row of the archive".to_owned()))
    }

    fn try_decode(bytes: &[u8]) -> Option<Self> {
        let (segment, rest) = bytes.split_first_chunk()?;
        let (count, mut rest) = rest.split_first()?;
        let mut destinations = Vec::with_capacity(usize::from(*count));
        for _ in 0..*count {
            let (length, after) = rest.split_first_chunk()?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (destination, after) = after.split_at_checked(length)?;
            let destination = Destination::from_bytes(destination).ok()?;
            destinations.push(Addressed { destination, bytes: length });
            rest = after;
        }
        let (rows, []) = rest.as_chunks::<ROW>() else { return None };
        let rows: Vec<Row> = rows.iter().map(Row::decode).collect();
        let is_valid = rows.iter().all(|row| usize::from(row.destination) < destinations.len());
        let segment = SegmentId::from_number(u64::from_be_bytes(*segment));
        is_valid.then_some(Self { segment, destinations, rows })
    }
}

impl Row {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.position.to_bytes());
        for number in [self.received.0, self.expires.0, self.offset] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.length.to_be_bytes());
        bytes.push(self.destination);
    }

    fn decode(bytes: &[u8; ROW]) -> Self {
        let number = |at: usize| -> u64 {
            let number = bytes.get(at..).and_then(<[u8]>::first_chunk);
            number.map_or(0, |number| u64::from_be_bytes(*number))
        };
        Self {
            position: Position { sequence: number(0), incarnation: number(8) },
            received: Timestamp(number(16)),
            expires: Timestamp(number(24)),
            offset: number(32),
            length: number(36) as u32,
            destination: bytes[44],
        }
    }
}
