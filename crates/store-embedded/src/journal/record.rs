//! What the frames of the journal say.

use didcomm::Destination;
use store::{Letter, Position, RecipientId, Timestamp};

use super::frame::{APPEND, APPEND_HEAD, FRAME, Frame, GONE, Reader};

/// What a frame says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// A letter was accepted.
    Appended(Appended),
    /// These messages left the mailbox.
    Gone { owner: RecipientId, positions: Vec<Position> },
}

/// A letter in the journal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub owner: RecipientId,
    pub position: Position,
    pub received: Timestamp,
    pub expires: Timestamp,
    /// Until when `dedupe` is remembered.
    pub remembered: Timestamp,
    pub dedupe: [u8; 16],
    pub destination: Destination,
    /// Where it is, from the start of the encoded bytes.
    pub frame: Frame,
}

/// Adds the frame of an append to `out` and says where in `out` it is.
pub(crate) fn encode_append(
    out: &mut Vec<u8>,
    owner: RecipientId,
    position: Position,
    letter: &Letter,
) -> Frame {
    let start = begin(out, APPEND);
    let destination = letter.destination.to_bytes();
    out.extend_from_slice(&owner.0);
    out.extend_from_slice(&position.to_bytes());
    for time in [letter.received, letter.expires, letter.received + letter.dedupe_window] {
        out.extend_from_slice(&time.0.to_be_bytes());
    }
    out.extend_from_slice(&letter.dedupe);
    out.extend_from_slice(&(destination.len() as u16).to_be_bytes());
    out.extend_from_slice(&destination);
    out.extend_from_slice(&letter.envelope);
    finish(out, start);
    Frame::new(start as u64, destination.len(), letter.envelope.len())
}

/// Adds the frame of a removal to `out`.
pub(crate) fn encode_gone(out: &mut Vec<u8>, owner: RecipientId, positions: &[Position]) {
    let start = begin(out, GONE);
    out.extend_from_slice(&owner.0);
    positions.iter().for_each(|position| out.extend_from_slice(&position.to_bytes()));
    finish(out, start);
}

/// Reads the frame at `offset` of `bytes`; `None` where the valid part ends. Also says where the next frame begins.
pub(crate) fn decode(bytes: &[u8], offset: usize) -> Option<(Record, usize)> {
    let frame = bytes.get(offset..)?;
    let length = u32::from_le_bytes(*frame.first_chunk()?) as usize;
    let checksum = u32::from_le_bytes(*frame.get(4..)?.first_chunk()?);
    let payload = frame.get(FRAME..FRAME.checked_add(length)?)?;
    if crc32fast::hash(payload) != checksum {
        return None;
    }
    let record = match *payload.first()? {
        APPEND => Record::Appended(decode_append(payload, offset as u64)?),
        GONE => decode_gone(&payload[1..])?,
        _ => return None,
    };
    Some((record, offset + FRAME + length))
}

fn decode_append(payload: &[u8], at: u64) -> Option<Appended> {
    let mut rest = Reader(payload.get(1..)?);
    let owner = RecipientId(rest.take()?);
    let position = Position::from_bytes(rest.take()?);
    let [received, expires, remembered] = [rest.time()?, rest.time()?, rest.time()?];
    let dedupe = rest.take()?;
    let length = usize::from(u16::from_be_bytes(rest.take()?));
    let destination = Destination::from_bytes(rest.0.get(..length)?).ok()?;
    let frame = Frame::new(at, length, payload.len() - APPEND_HEAD - length);
    Some(Appended { owner, position, received, expires, remembered, dedupe, destination, frame })
}

fn decode_gone(payload: &[u8]) -> Option<Record> {
    let mut rest = Reader(payload);
    let owner = RecipientId(rest.take()?);
    let positions =
        rest.0.as_chunks::<16>().0.iter().map(|bytes| Position::from_bytes(*bytes)).collect();
    Some(Record::Gone { owner, positions })
}

fn begin(out: &mut Vec<u8>, kind: u8) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME]);
    out.push(kind);
    start
}

fn finish(out: &mut [u8], start: usize) {
    let (head, payload) = out[start..].split_at_mut(FRAME);
    head[..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    head[4..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use didcomm::VerKey;
    use store::Quota;

    use super::*;

    pub(crate) const OWNER: RecipientId = RecipientId([3; 16]);
    pub(crate) const POSITION: Position = Position { sequence: 9, incarnation: 77 };

    pub(crate) fn letter() -> Letter {
        Letter {
            envelope: Bytes::from_static(b"{\"protected\":\"\"}"),
            destination: VerKey::from_bytes([5; 32]).into(),
            dedupe: [8; 16],
            received: Timestamp(1_000),
            expires: Timestamp(9_000),
            dedupe_window: Duration::from_secs(2),
            quota: Quota { messages: 1, bytes: 1 },
        }
    }

    #[test]
    fn an_append_is_read_back_and_its_envelope_found() {
        let mut bytes = b"in front".to_vec();
        let written = encode_append(&mut bytes, OWNER, POSITION, &letter());
        let (record, next) = decode(&bytes, 8).unwrap();
        let Record::Appended(read) = record else { panic!("not an append: {record:?}") };
        assert_eq!((read.owner, read.position, read.dedupe), (OWNER, POSITION, [8; 16]));
        assert_eq!(
            (read.received, read.expires, read.remembered),
            (Timestamp(1_000), Timestamp(9_000), Timestamp(3_000))
        );
        assert_eq!(read.destination, letter().destination);
        assert_eq!(read.frame, written);
        let envelope = written.offset as usize + usize::from(written.head)..;
        assert_eq!(&bytes[envelope], &letter().envelope[..]);
        assert_eq!((next as u64, written.end()), (bytes.len() as u64, bytes.len() as u64));
    }

    #[test]
    fn a_removal_is_read_back() {
        let mut bytes = Vec::new();
        encode_gone(&mut bytes, OWNER, &[POSITION, POSITION]);
        let expected = Record::Gone { owner: OWNER, positions: vec![POSITION; 2] };
        assert_eq!(decode(&bytes, 0), Some((expected, bytes.len())));
    }

    #[test]
    fn a_frame_that_is_torn_or_changed_anywhere_is_refused() {
        let mut bytes = Vec::new();
        encode_append(&mut bytes, OWNER, POSITION, &letter());
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end], 0), None, "cut at {end}");
        }
        for place in 0..bytes.len() {
            bytes[place] ^= 0x40;
            assert_eq!(decode(&bytes, 0), None, "changed at {place}");
            bytes[place] ^= 0x40;
        }
    }
}
