//! Frames of the journal: length and CRC-32 of the payload (4 bytes each, little-endian), then the payload.

use store::{Position, RecipientId, Timestamp};

pub(super) const APPEND: u8 = 1;
pub(super) const GONE: u8 = 2;
/// Length and checksum.
pub(super) const FRAME: usize = 8;
/// Kind, owner, position, received, expires, remembered, dedupe, length of the destination.
pub(super) const APPEND_HEAD: usize = 1 + 16 + 16 + 8 + 8 + 8 + 16 + 2;

/// Where a letter is in its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Where the frame begins, in bytes.
    pub offset: u64,
    /// So many of its bytes stand before the envelope.
    pub head: u16,
    /// Bytes of the envelope, which ends the frame.
    pub length: u32,
}

impl Frame {
    /// The frame of an envelope of `length` bytes for a destination that takes up so many bytes. Both are limited where they
    /// come in: a destination far below 64 KiB, an envelope far below 4 GiB.
    pub(crate) fn new(offset: u64, destination: usize, length: usize) -> Self {
        Self { offset, head: (FRAME + APPEND_HEAD + destination) as u16, length: length as u32 }
    }

    /// All its bytes.
    pub(crate) fn bytes(&self) -> u64 {
        u64::from(self.head) + u64::from(self.length)
    }

    /// Where it ends.
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.bytes()
    }
}

/// Whether `bytes` are the whole and undamaged frame of the append at this position.
pub(crate) fn is_append(bytes: &[u8], owner: RecipientId, position: Position) -> bool {
    let Some((head, payload)) = bytes.split_at_checked(FRAME) else { return false };
    let is_whole = head[..4] == (payload.len() as u32).to_le_bytes()
        && head[4..] == crc32fast::hash(payload).to_le_bytes();
    is_whole && heading(bytes).is_some_and(|heading| heading.append == Some((owner, position)))
}

/// What the first bytes of a frame say. They may be damaged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// All its bytes.
    pub bytes: u64,
    /// Whose append it is, if it is one.
    pub append: Option<(RecipientId, Position)>,
}

/// So many bytes of a frame hold its [`Heading`].
pub(crate) const HEADING: usize = FRAME + 1 + 16 + 16;

/// Reads the heading of the frame that begins with `bytes`.
pub(crate) fn heading(bytes: &[u8]) -> Option<Heading> {
    let bytes_of_payload = u64::from(u32::from_le_bytes(*bytes.first_chunk()?));
    let (kind, rest) = bytes.get(FRAME..)?.split_first()?;
    let append = match *kind {
        APPEND => {
            let mut rest = Reader(rest);
            Some((RecipientId(rest.take()?), Position::from_bytes(rest.take()?)))
        }
        _ => None,
    };
    Some(Heading { bytes: FRAME as u64 + bytes_of_payload, append })
}

pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        self.take().map(u64::from_be_bytes).map(Timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::{OWNER, POSITION, letter};
    use super::super::record::{encode_append, encode_gone};
    use super::*;

    #[test]
    fn a_heading_says_whose_append_it_is_and_how_long() {
        let mut bytes = Vec::new();
        encode_append(&mut bytes, OWNER, POSITION, &letter());
        let length = bytes.len() as u64;
        let expected = Heading { bytes: length, append: Some((OWNER, POSITION)) };
        assert_eq!(heading(&bytes[..HEADING]), Some(expected));
        encode_gone(&mut bytes, OWNER, &[POSITION]);
        let expected = Heading { bytes: bytes.len() as u64 - length, append: None };
        assert_eq!(heading(&bytes[length as usize..]), Some(expected));
    }

    #[test]
    fn a_frame_in_the_place_of_another_is_noticed() {
        let mut bytes = Vec::new();
        encode_append(&mut bytes, OWNER, POSITION, &letter());
        assert!(is_append(&bytes, OWNER, POSITION));
        assert!(!is_append(&bytes, OWNER, Position { sequence: 8, ..POSITION }));
        assert!(!is_append(&bytes, RecipientId([4; 16]), POSITION));
        assert!(!is_append(&bytes[..bytes.len() - 1], OWNER, POSITION));
        bytes[60] ^= 1;
        assert!(!is_append(&bytes, OWNER, POSITION));
    }
}
