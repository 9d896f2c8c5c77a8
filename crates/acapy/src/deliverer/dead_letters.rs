//! Dead letters in the hands of an operator.

use store::Result;
use store_redis::Redis;

use super::lanes::{Lanes, Letter};
use super::{LIMITS, source};
use crate::wire::{Names, Outbound};

/// The messages that deliverers try no more.
#[derive(Debug)]
pub struct DeadLetters {
    lanes: Lanes,
}

impl DeadLetters {
    /// Those of the deployment with these names.
    #[must_use]
    pub fn new(redis: Redis, names: &Names) -> Self {
        Self { lanes: Lanes::new(redis, &names.outbound(), source(names), LIMITS) }
    }

    /// Up to `most` of them behind the one named `after`, oldest first.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn list(&self, after: Option<&str>, most: usize) -> Result<Vec<Letter>> {
        match after {
            Some(id) if !is_id(id) => Ok(Vec::new()),
            after => self.lanes.dead(after, most).await,
        }
    }

    /// The whole entry of one, as it was pushed.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn entry(&self, id: &str) -> Result<Option<Vec<u8>>> {
        if is_id(id) { self.lanes.dead_entry(id).await } else { Ok(None) }
    }

    /// Puts one at the end of the list, with all its tries before it. False if there is none of that name.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn replay(&self, id: &str) -> Result<bool> {
        let Some(entry) = self.entry(id).await? else { return Ok(false) };
        let fresh = match Outbound::from_bytes(&entry) {
            Ok(message) => Outbound { retries: 0, ..message }.to_bytes(),
            Err(_) => entry,
        };
        self.lanes.dead_replay(id, &fresh).await
    }

    /// Throws one away. False if there is none of that name.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn discard(&self, id: &str) -> Result<bool> {
        if is_id(id) { self.lanes.dead_drop(id).await } else { Ok(false) }
    }
}

/// Whether it names one entry of a stream, and not a range of them.
fn is_id(text: &str) -> bool {
    let is_number =
        |part: &str| (1..=20).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(millis, number)| is_number(millis) && is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_no_range() {
        assert!(is_id("1700000000000-0"));
        for other in ["", "-", "+", "1700000000000", "(1-1", "1-1-1", "a-b"] {
            assert!(!is_id(other), "{other}");
        }
    }
}
