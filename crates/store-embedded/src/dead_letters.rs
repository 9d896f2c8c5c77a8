//! Dead letters, in the registry.

use async_trait::async_trait;
use bytes::Bytes;
use didcomm::Destination;
use redb::{TableDefinition, WriteTransaction};
use store::{DeadLetter, DeadLetters, Mail, Position, RecipientId, Result, Timestamp};

use crate::EmbeddedStore;
use crate::registry::Outcome;

/// Position → owner, received, buried, lengths of destination and reason, these two, envelope.
const DEAD_LETTERS: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("dead letters");

pub(crate) fn create(transaction: &WriteTransaction) -> Outcome<()> {
    transaction.open_table(DEAD_LETTERS)?;
    Ok(())
}

fn encode(letter: &DeadLetter) -> Vec<u8> {
    let DeadLetter { owner, mail, reason, buried } = letter;
    let destination = mail.destination.to_bytes();
    let mut bytes = Vec::with_capacity(64 + destination.len() + reason.len() + mail.envelope.len());
    bytes.extend_from_slice(&owner.0);
    bytes.extend_from_slice(&mail.received.0.to_be_bytes());
    bytes.extend_from_slice(&buried.0.to_be_bytes());
    for part in [destination.as_slice(), reason.as_bytes()] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
    }
    for part in [destination.as_slice(), reason.as_bytes(), &mail.envelope] {
        bytes.extend_from_slice(part);
    }
    bytes
}

fn decode(position: [u8; 16], bytes: &[u8]) -> Outcome<DeadLetter> {
    try_decode(position, bytes).ok_or_else(|| redb::Error::Corrupted("a dead letter".to_owned()))
}

fn try_decode(position: [u8; 16], bytes: &[u8]) -> Option<DeadLetter> {
    let (owner, rest) = bytes.split_first_chunk()?;
    let (numbers, rest) = rest.split_first_chunk::<32>()?;
    let [received, buried, destination, reason] = [0, 8, 16, 24].map(|at| number(numbers, at));
    let (destination, rest) = rest.split_at_checked(usize::try_from(destination?).ok()?)?;
    let (reason, envelope) = rest.split_at_checked(usize::try_from(reason?).ok()?)?;
    let mail = Mail {
        position: Position::from_bytes(position),
        envelope: Bytes::copy_from_slice(envelope),
        destination: Destination::from_bytes(destination).ok()?,
        received: Timestamp(received?),
    };
    let reason = std::str::from_utf8(reason).ok()?.to_owned();
    Some(DeadLetter { owner: RecipientId(*owner), mail, reason, buried: Timestamp(buried?) })
}

fn number(bytes: &[u8; 32], at: usize) -> Option<u64> {
    bytes[at..].first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

#[async_trait]
impl DeadLetters for EmbeddedStore {
    async fn bury(&self, letter: &DeadLetter) -> Result<()> {
        let (position, row) = (letter.mail.position.to_bytes(), encode(letter));
        let write = move |transaction: &WriteTransaction| {
            transaction.open_table(DEAD_LETTERS)?.insert(position, row.as_slice())?;
            Ok(())
        };
        self.registry.write(write).await
    }

    async fn list(&self, after: Option<Position>, limit: usize) -> Result<Vec<DeadLetter>> {
        let after = after.map(Position::to_bytes);
        self.registry.read(|transaction| {
            let letters = transaction.open_table(DEAD_LETTERS)?;
            let mut listed = Vec::new();
            for row in letters.range(after.unwrap_or_default()..)? {
                let (position, letter) = row?;
                if listed.len() == limit {
                    break;
                }
                if Some(position.value()) != after {
                    listed.push(decode(position.value(), letter.value())?);
                }
            }
            Ok(listed)
        })
    }

    async fn exhume(&self, position: Position) -> Result<Option<DeadLetter>> {
        let position = position.to_bytes();
        let write = move |transaction: &WriteTransaction| {
            let mut letters = transaction.open_table(DEAD_LETTERS)?;
            let gone = letters.remove(position)?;
            gone.map(|row| decode(position, row.value())).transpose()
        };
        self.registry.write(write).await
    }
}
