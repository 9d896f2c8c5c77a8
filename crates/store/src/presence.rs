//! Which session speaks for a recipient right now.

use async_trait::async_trait;

use crate::{Epoch, RecipientId, Result, Timestamp};

/// Claims of sessions on recipients. The newest claim wins, always: there is nothing to wait for and nobody to ask.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Claims `owner` for a session on `instance` and gives it an epoch higher than any before it, also than
    /// any before a restart of the engine that sessions could still hold.
    async fn claim(&self, owner: RecipientId, instance: &str, until: Timestamp) -> Result<Epoch>;

    /// Prolongs a claim.
    ///
    /// # Errors
    /// [`StoreError::Displaced`](crate::StoreError::Displaced) if a newer claim exists, or if this one was given up or
    /// forgotten by the engine.
    async fn renew(&self, owner: RecipientId, epoch: Epoch, until: Timestamp) -> Result<()>;

    /// Gives a claim up. A newer claim is left alone.
    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()>;

    /// The claim that stands at `now`.
    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>>;
}

/// Where a recipient's session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The name of the instance.
    pub instance: String,
    /// The session's epoch.
    pub epoch: Epoch,
}
