use std::ops::Bound;

use async_trait::async_trait;

use super::MemoryStore;
use crate::{DeadLetter, DeadLetters, Position, Result};

#[async_trait]
impl DeadLetters for MemoryStore {
    async fn bury(&self, letter: &DeadLetter) -> Result<()> {
        self.gate()?;
        self.graves.lock().entry(letter.mail.position).or_insert_with(|| letter.clone());
        Ok(())
    }

    async fn list(&self, after: Option<Position>, limit: usize) -> Result<Vec<DeadLetter>> {
        self.gate()?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self
            .graves
            .lock()
            .range((from, Bound::Unbounded))
            .take(limit)
            .map(|(_, letter)| letter.clone())
            .collect())
    }

    async fn exhume(&self, position: Position) -> Result<Option<DeadLetter>> {
        self.gate()?;
        Ok(self.graves.lock().remove(&position))
    }
}
