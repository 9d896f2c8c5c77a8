//! What an endpoint refused for good.

use async_trait::async_trait;

use crate::{Mail, Position, RecipientId, Result, Timestamp};

/// Mail set aside because its recipient's endpoint kept refusing it, so that it does not block what comes after. It
/// stays until an operator puts it back or it expires.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Sets mail aside. Durable before it returns; doing it twice keeps one.
    async fn bury(&self, letter: &DeadLetter) -> Result<()>;

    /// Dead letters in the order of their positions, from behind `after` on.
    async fn list(&self, after: Option<Position>, limit: usize) -> Result<Vec<DeadLetter>>;

    /// Removes a dead letter and returns it.
    async fn exhume(&self, position: Position) -> Result<Option<DeadLetter>>;
}

/// A message that could not be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Whose it is.
    pub owner: RecipientId,
    /// The message.
    pub mail: Mail,
    /// What the endpoint answered, in words.
    pub reason: String,
    /// When it was given up.
    pub buried: Timestamp,
}
