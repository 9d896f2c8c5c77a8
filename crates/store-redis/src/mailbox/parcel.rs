//! How a message lies in Redis: a head in the stream, the envelope in a hash beside it, so that mail can be counted and
//! chosen without its envelopes.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use didcomm::Destination;
use redis::Value;
use store::{Letter, Mail, Position, Result, Timestamp};

use crate::shared::senseless;

/// Received, expires, size.
const FIXED: usize = 8 + 8 + 4;

/// What scripts look at: when it came and goes, its size, and whom it is for.
pub(super) fn head(letter: &Letter) -> Vec<u8> {
    let size = u32::try_from(letter.envelope.len()).unwrap_or(u32::MAX);
    let mut head = Vec::with_capacity(FIXED + 33);
    head.extend(letter.received.0.to_be_bytes());
    head.extend(letter.expires.0.to_be_bytes());
    head.extend(size.to_be_bytes());
    head.extend(tag(&letter.destination));
    head
}

/// What stands for a destination: its own bytes, or a hash if they are many.
pub(super) fn tag(destination: &Destination) -> Vec<u8> {
    const LONGEST: usize = 33;
    const HASHED: u8 = 0x80;
    let bytes = destination.to_bytes();
    if bytes.len() <= LONGEST {
        return bytes;
    }
    [&[HASHED], digest(&SHA256, &bytes).as_ref()].concat()
}

/// The destination with its length, then the envelope.
pub(super) fn body(letter: &Letter) -> Vec<u8> {
    let destination = letter.destination.to_bytes();
    let length = u16::try_from(destination.len()).unwrap_or(u16::MAX);
    let mut body = Vec::with_capacity(2 + destination.len() + letter.envelope.len());
    body.extend(length.to_be_bytes());
    body.extend(destination);
    body.extend(&letter.envelope);
    body
}

/// An incarnation: random, but its last three bytes are the size of the envelope, so that an acknowledgement knows it
/// without reading. Every message has its own, which makes an id unique whatever an engine forgot and counts again.
pub(super) fn incarnation(random: u64, size: usize) -> u64 {
    (random << SIZE_BITS) | (size as u64).min(LARGEST)
}

/// The size in an incarnation.
pub(super) fn size(position: Position) -> u64 {
    position.incarnation & LARGEST
}

const SIZE_BITS: u32 = 24;
/// Envelopes as large as this do not come through any door of the mediator.
pub(super) const LARGEST: u64 = (1 << SIZE_BITS) - 1;

/// The id of a position in the stream.
pub(super) fn id(position: Position) -> String {
    format!("{}-{}", position.sequence, position.incarnation)
}

/// What a lease answered: id, head and body of each message, behind each other.
pub(super) fn mail(answer: Vec<Value>) -> Result<Vec<Mail>> {
    let mut values = answer.into_iter().skip(1);
    let mut mail = Vec::new();
    while let (Some(id), Some(head), Some(body)) = (values.next(), values.next(), values.next()) {
        mail.push(message(&bulk(id)?, &bulk(head)?, bulk(body)?)?);
    }
    Ok(mail)
}

fn bulk(value: Value) -> Result<Bytes> {
    match value {
        Value::BulkString(bytes) => Ok(bytes.into()),
        _ => Err(senseless("where bytes belong")),
    }
}

fn message(id: &[u8], head: &[u8], body: Bytes) -> Result<Mail> {
    let position = position(id).ok_or_else(|| senseless("as an id"))?;
    let received = received(head).ok_or_else(|| senseless("as a head"))?;
    let length = body.first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
    let start = 2 + length;
    if body.len() < start {
        return Err(senseless("as a body"));
    }
    let destination =
        Destination::from_bytes(&body[2..start]).map_err(|_| senseless("as a destination"))?;
    Ok(Mail { position, envelope: body.slice(start..), destination, received })
}

/// When the message with this head was accepted.
pub(super) fn received(head: &[u8]) -> Option<Timestamp> {
    head.first_chunk().map(|bytes| Timestamp(u64::from_be_bytes(*bytes)))
}

fn position(id: &[u8]) -> Option<Position> {
    let (sequence, incarnation) = std::str::from_utf8(id).ok()?.split_once('-')?;
    Some(Position { sequence: sequence.parse().ok()?, incarnation: incarnation.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use didcomm::VerKey;
    use store::Quota;

    use super::*;

    fn letter(destination: Destination) -> Letter {
        Letter {
            envelope: Bytes::from_static(b"sealed"),
            destination,
            dedupe: [1; 16],
            received: Timestamp(1_000),
            expires: Timestamp(2_000),
            dedupe_window: std::time::Duration::from_secs(1),
            quota: Quota { messages: 1, bytes: 1 },
        }
    }

    #[test]
    fn a_message_comes_back_as_it_was_put() {
        let letter = letter(Destination::Did(format!("did:peer:4{}", "z".repeat(900)).into()));
        let position = Position { sequence: 7, incarnation: incarnation(u64::MAX, 6) };
        let values = [id(position).into_bytes(), head(&letter), body(&letter)];
        let answer = std::iter::once(Value::Int(1)).chain(values.map(Value::BulkString));
        let Letter { envelope, destination, received, .. } = letter;
        assert_eq!(
            mail(answer.collect()),
            Ok(vec![Mail { position, envelope, destination, received }])
        );
        assert_eq!(size(position), 6);
    }

    #[test]
    fn heads_stay_small_and_tell_destinations_apart() {
        let key = |number| Destination::Key(VerKey::from_bytes([number; 32]));
        let did = |text: &str| Destination::Did(text.repeat(100).into());
        let all = [key(1), key(2), did("did:a"), did("did:b")];
        let tags: std::collections::BTreeSet<_> = all.iter().map(tag).collect();
        assert_eq!(tags.len(), 4);
        assert!(all.into_iter().all(|destination| head(&letter(destination)).len() <= FIXED + 33));
    }

    #[test]
    fn what_makes_no_sense_is_damage_and_no_panic() {
        for body in [vec![], vec![0], vec![0, 9, 1], vec![0, 0]] {
            let values = [b"1-1".to_vec(), vec![0; FIXED], body].map(Value::BulkString);
            assert!(mail(std::iter::once(Value::Int(1)).chain(values).collect()).is_err());
        }
    }
}
