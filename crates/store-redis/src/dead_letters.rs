//! Dead letters: few, so that all of them share a slot, and every act is one script.

use async_trait::async_trait;
use bytes::Bytes;
use didcomm::Destination;
use store::{DeadLetter, DeadLetters, Mail, Position, RecipientId, Result, Timestamp};

use crate::RedisStore;
use crate::script::script;
use crate::shared::senseless;

script!(BURY, "plain.lua", "dead_bury.lua");
script!(LIST, "plain.lua", "dead_list.lua");
script!(EXHUME, "allow_oom.lua", "dead_exhume.lua");

#[async_trait]
impl DeadLetters for RedisStore {
    async fn bury(&self, letter: &DeadLetter) -> Result<()> {
        let position = letter.mail.position.to_bytes();
        let call = BURY.on(&self.graves()).arg(&position[..]).arg(encode(letter));
        self.engine.call(call).await
    }

    async fn list(&self, after: Option<Position>, limit: usize) -> Result<Vec<DeadLetter>> {
        let from = after.map_or(b"-".to_vec(), |after| [b"(", &after.to_bytes()[..]].concat());
        let call = LIST.on(&self.graves()).arg(from).arg(limit.min(u32::MAX as usize));
        let rows: Vec<Vec<u8>> = self.engine.call(call).await?;
        rows.as_chunks().0.iter().map(|[position, letter]| decode(position, letter)).collect()
    }

    async fn exhume(&self, position: Position) -> Result<Option<DeadLetter>> {
        let position = position.to_bytes();
        let call = EXHUME.on(&self.graves()).arg(&position[..]);
        let letter: Option<Vec<u8>> = self.engine.call(call).await?;
        letter.map(|letter| decode(&position, &letter)).transpose()
    }
}

impl RedisStore {
    fn graves(&self) -> [Vec<u8>; 2] {
        ["index", "letters"].map(|what| self.engine.names().key("dead", what))
    }
}

/// Owner, received, buried, lengths of destination and reason, these two, envelope.
fn encode(letter: &DeadLetter) -> Vec<u8> {
    let DeadLetter { owner, mail, reason, buried } = letter;
    let destination = mail.destination.to_bytes();
    let mut bytes = owner.0.to_vec();
    let numbers = [mail.received.0, buried.0, destination.len() as u64, reason.len() as u64];
    numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_be_bytes()));
    for part in [destination.as_slice(), reason.as_bytes(), &mail.envelope] {
        bytes.extend_from_slice(part);
    }
    bytes
}

fn decode(position: &[u8], letter: &[u8]) -> Result<DeadLetter> {
    try_decode(position, letter).ok_or_else(|| senseless("a dead letter"))
}

fn try_decode(position: &[u8], letter: &[u8]) -> Option<DeadLetter> {
    let (owner, rest) = letter.split_first_chunk()?;
    let (numbers, rest) = rest.split_first_chunk::<32>()?;
    let mut numbers = numbers.as_chunks().0.iter().map(|number| u64::from_be_bytes(*number));
    let (received, buried) = (Timestamp(numbers.next()?), Timestamp(numbers.next()?));
    let (destination, rest) = rest.split_at_checked(usize::try_from(numbers.next()?).ok()?)?;
    let (reason, envelope) = rest.split_at_checked(usize::try_from(numbers.next()?).ok()?)?;
    let mail = Mail {
        position: Position::from_bytes(position.try_into().ok()?),
        envelope: Bytes::copy_from_slice(envelope),
        destination: Destination::from_bytes(destination).ok()?,
        received,
    };
    let reason = std::str::from_utf8(reason).ok()?.to_owned();
    Some(DeadLetter { owner: RecipientId(*owner), mail, reason, buried })
}
