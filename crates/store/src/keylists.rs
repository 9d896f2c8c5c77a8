//! Who may be mediated, and which key belongs to whom.

use async_trait::async_trait;
use didcomm::Destination;

use crate::{RecipientId, Result};

/// Grants and keylists of coordinate-mediation (RFC 0211).
///
/// A destination belongs to one recipient at most: the first to add it owns it until it removes it or is revoked.
/// Everything here is durable, and visible to every instance, before the call returns.
#[async_trait]
pub trait Keylists: Send + Sync {
    /// Whether this recipient is mediated.
    async fn status(&self, owner: RecipientId) -> Result<Mediation>;

    /// Sets whether this recipient is mediated. Revoking (anything but [`Mediation::Granted`]) removes its whole keylist.
    async fn set_status(&self, owner: RecipientId, status: Mediation) -> Result<()>;

    /// Who owns this destination.
    async fn route(&self, destination: &Destination) -> Result<Option<RecipientId>>;

    /// Applies the changes in order and says of each what came of it. `limit` is the number of keys that a
    /// recipient may list; an add beyond it is [`KeyOutcome::Refused`].
    ///
    /// When it returns, all of it is visible everywhere. Before that others see nothing of it, or, on an engine that spreads destinations
    /// over several machines (Redis Cluster has no act across its slots), a part. A call that broke off there, because its process died or
    /// the engine went away, may have done a part; it is brought to its end by the recipient's next change, so that repeating it is
    /// enough. Nothing of it makes a key belong to two recipients, or to none of which its owner could rid it.
    async fn update(
        &self,
        owner: RecipientId,
        changes: &[KeyChange],
        limit: usize,
    ) -> Result<Vec<KeyOutcome>>;

    /// A page of the keylist, in the order in which the keys were added.
    async fn list(&self, owner: RecipientId, offset: usize, limit: usize) -> Result<KeyPage>;
}

/// Where a recipient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mediation {
    /// Never asked.
    None,
    /// May list keys and receives forwards.
    Granted,
    /// Asked and was refused.
    Denied,
}

/// One change to a keylist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// The key or DID.
    pub destination: Destination,
    /// What to do with it.
    pub action: KeyAction,
}

/// What to do with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAction {
    /// List it.
    Add,
    /// Take it off the list.
    Remove,
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOutcome {
    /// The list changed.
    Success,
    /// It was as wanted before. So it is when a key is removed that another recipient owns: it was not on this list.
    NoChange,
    /// An add of a key that another recipient owns, or beyond the list's limit.
    Refused,
}

/// A part of a keylist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys of this page.
    pub keys: Vec<Destination>,
    /// How many come after it.
    pub remaining: usize,
}
