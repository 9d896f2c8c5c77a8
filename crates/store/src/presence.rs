//! Which session speaks for a recipient right now.

use async_trait::async_trait;

use crate::{Epoch, RecipientId, Result, Timestamp};

/// Claims of sessions on recipients. The newest claim wins, always: there is nothing to wait for and nobody to ask.
///
/// # Life and death of an instance
///
/// A claim stands while its instance [renews](Presence::renew), however long. An instance that stops doing so is taken for
/// dead: its claims, and what its sessions have in flight, count as gone from that moment. If it was only slow and renews again, it
/// goes on where it was: its sessions are still readers of their mailboxes unless a newer one came. What it claimed before its
/// first renewal stands or not, as the store likes: renew first.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Claims `owner` and gives the claim an epoch higher than any before it, also than any before a restart of the
    /// engine that sessions could still hold.
    async fn claim(&self, owner: RecipientId, claimant: &Claimant) -> Result<Epoch>;

    /// The same, but only if no claim of a living instance stands at `now`. For those who need not be the newest as long as
    /// somebody does the work.
    async fn claim_vacant(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Option<Epoch>>;

    /// A sign of life of an instance, good until `until`.
    async fn renew(&self, instance: &str, until: Timestamp) -> Result<()>;

    /// Gives a claim up. A newer claim is left alone.
    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()>;

    /// The newest claim, if its instance is alive at `now`.
    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>>;
}

/// Who claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// The name of the instance, another one after each start of its process.
    pub instance: String,
    /// What the claim is for.
    pub role: Role,
}

/// What a claim is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A socket that the recipient holds.
    Session,
    /// Carrying mail to the recipient's endpoint.
    Postman,
}

/// Where a recipient's session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Who claimed.
    pub claimant: Claimant,
    /// The claim's epoch.
    pub epoch: Epoch,
}
