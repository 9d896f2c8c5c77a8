//! What an operator does about mail that an endpoint refused for good.

use store::{Appended, Clock, DeadLetter, Letter, Position, Result, StoreError, Stores, Timestamp};

use mediator::Allowance;
use serde_json::{Value, json};

/// Dead letters in one answer: so many fit into a line of the control socket.
pub const PAGE: usize = 100;

/// What to do with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Show [`PAGE`] of them, from behind this one on.
    List(Option<Position>),
    /// Put one back at the end of its mailbox.
    Replay(Position),
    /// Throw one away.
    Drop(Position),
}

impl Order {
    /// As words of a line.
    pub fn words(&self) -> String {
        match self {
            Self::List(None) => "list".to_owned(),
            Self::List(Some(after)) => format!("list {after}"),
            Self::Replay(position) => format!("replay {position}"),
            Self::Drop(position) => format!("drop {position}"),
        }
    }

    /// The reverse of [`Order::words`].
    pub fn read(words: &str) -> Option<Self> {
        let (verb, position) = words.split_once(' ').unwrap_or((words, ""));
        match (verb, position) {
            ("list", "") => Some(Self::List(None)),
            ("list", after) => after.parse().ok().map(Some).map(Self::List),
            ("replay", position) => position.parse().ok().map(Self::Replay),
            ("drop", position) => position.parse().ok().map(Self::Drop),
            _ => None,
        }
    }
}

/// Follows orders.
pub struct Clerk<'a> {
    /// Where the letters are.
    pub stores: &'a Stores,
    /// What is allowed to whom they go back to.
    pub allowance: &'a Allowance,
    /// The time.
    pub clock: &'a dyn Clock,
}

impl Clerk<'_> {
    /// Does it, and says what came of it: the letters, or whether there was one.
    ///
    /// # Errors
    /// Those of the store. A letter that could not be put back is still a dead one.
    pub async fn follow(&self, order: &Order) -> Result<Value> {
        match order {
            Order::List(after) => {
                let letters = self.stores.dead_letters.list(*after, PAGE).await?;
                Ok(Value::Array(letters.iter().map(|letter| self.row(letter)).collect()))
            }
            Order::Replay(position) => Ok(json!(self.replay(*position).await?)),
            Order::Drop(position) => {
                Ok(json!(self.stores.dead_letters.exhume(*position).await?.is_some()))
            }
        }
    }

    fn row(&self, letter: &DeadLetter) -> Value {
        json!({
            "id": letter.mail.position.to_string(),
            "recipient": letter.owner.to_string(),
            "reason": letter.reason,
            "bytes": letter.mail.envelope.len(),
            "received_ms": letter.mail.received.0,
            "buried_ms": letter.buried.0,
            "age_ms": u64::try_from(self.clock.now().since(letter.buried).as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Appends it before it is taken out of the grave: what happens in between leaves one letter too many, which the second
    /// attempt recognises, and never one too few.
    async fn replay(&self, position: Position) -> Result<bool> {
        let Some(letter) = self.find(position).await? else { return Ok(false) };
        let again = self.letter(&letter, self.clock.now());
        if self.stores.mailbox.append(letter.owner, again).await? == Appended::MailboxFull {
            return Err(StoreError::Full("the recipient's mailbox has no room".to_owned()));
        }
        self.stores.dead_letters.exhume(position).await.map(|found| found.is_some())
    }

    /// The letter itself: the list begins behind the position before it.
    async fn find(&self, position: Position) -> Result<Option<DeadLetter>> {
        let before = u128::from_be_bytes(position.to_bytes()).checked_sub(1);
        let before = before.map(|number| Position::from_bytes(number.to_be_bytes()));
        let found = self.stores.dead_letters.list(before, 1).await?;
        Ok(found.into_iter().find(|letter| letter.mail.position == position))
    }

    fn letter(&self, dead: &DeadLetter, now: Timestamp) -> Letter {
        Letter {
            envelope: dead.mail.envelope.clone(),
            destination: dead.mail.destination.clone(),
            // Its own would be recognised: it has been delivered once, in vain.
            dedupe: dead.mail.position.to_bytes(),
            received: now,
            expires: now + self.allowance.retention,
            dedupe_window: self.allowance.dedupe_window,
            quota: self.allowance.mailbox,
        }
    }
}

#[cfg(test)]
#[path = "dead_letters_tests.rs"]
mod tests;
