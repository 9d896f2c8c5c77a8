//! Where a message may wait.
//!
//! This crate holds the contracts between the mediator and whatever keeps its data: one small trait per
//! noun, the values they exchange, an in-memory store for tests, and (feature `conformance`) the suite that
//! every store has to pass. It names no engine.
//!
//! | trait | keeps |
//! | --- | --- |
//! | [`Mailbox`] | mail, until its owner acknowledged it |
//! | [`Keylists`] | who may be mediated, and which key belongs to whom |
//! | [`Connections`] | the peers we know and the keys we know them by |
//! | [`Presence`] | which session speaks for a recipient right now |
//! | [`DeadLetters`] | what an endpoint refused for good |
//! | [`Queue`] | work that waits for somebody to do it |
//! | [`Cache`] | what was looked up before |
//!
//! "Not found" is an `Option`, a refusal that a caller must handle is a variant of the answer, and a failure of
//! the engine is a [`StoreError`].
//!
//! # To add a store
//!
//! 1. Make a crate `store-<engine>` with a type that implements the seven traits.
//! 2. Use [`Flight`], [`Bells`] and [`Claims`] for what may live in process memory, if the engine serves one process only.
//! 3. Invoke [`conformance!`](crate::conformance) in its tests with a factory of fresh stores.
//! 4. Teach `app` its URL scheme.
#![forbid(unsafe_code)]

mod bell;
mod cache;
mod claims;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connections;
mod dead_letters;
mod error;
mod flight;
mod keylists;
mod local_cache;
mod mailbox;
pub mod memory;
mod presence;
mod queue;
mod queue_bells;
mod spooled;
mod values;

use std::sync::Arc;

pub use bell::{Bells, Notice, Watch};
pub use cache::{Cache, CacheKey, Load, Loaded};
pub use claims::Claims;
pub use clock::{Clock, Timestamp};
pub use connections::{Admission, Connection, Connections, Invitation, PeerEndpoint};
pub use dead_letters::{DeadLetter, DeadLetters};
pub use error::{Result, StoreError};
pub use flight::{Flight, InFlight};
pub use keylists::{KeyAction, KeyChange, KeyOutcome, KeyPage, Keylists, Mediation};
pub use local_cache::{Guard, LocalCache};
pub use mailbox::{Appended, Company, Demand, Depth, Holder, Letter, Mail, Mailbox, Manner, Quota};
pub use presence::{Claimant, Location, Presence, Role};
pub use queue::{Backlog, BadQueueName, Claim, Job, JobId, Pushed, Queue, QueueName, Room, Ticket};
pub use queue_bells::{QueueBells, QueueWatch};
pub use spooled::Spooled;
pub use values::{Epoch, Position, RecipientId};

/// The stores of one mediator. Each may come from another engine.
#[derive(Clone)]
pub struct Stores {
    /// Mail waiting for its owner.
    pub mailbox: Arc<dyn Mailbox>,
    /// Grants and routes.
    pub keylists: Arc<dyn Keylists>,
    /// Peers and invitations.
    pub connections: Arc<dyn Connections>,
    /// Who reads which mailbox.
    pub presence: Arc<dyn Presence>,
    /// Mail that its endpoint refused.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Work for whoever comes first.
    pub queue: Arc<dyn Queue>,
    /// What was looked up before.
    pub cache: Arc<dyn Cache>,
}

impl Stores {
    /// All roles served by one engine.
    pub fn of<S>(engine: Arc<S>) -> Self
    where
        S: Mailbox + Keylists + Connections + Presence + DeadLetters + Queue + Cache + 'static,
    {
        Self {
            mailbox: engine.clone(),
            keylists: engine.clone(),
            connections: engine.clone(),
            presence: engine.clone(),
            dead_letters: engine.clone(),
            queue: engine.clone(),
            cache: engine,
        }
    }
}

#[cfg(test)]
mod tests {
    /// Some key, another for each number.
    pub(crate) fn key(number: u8) -> didcomm::Destination {
        didcomm::Destination::Key(didcomm::VerKey::from_bytes([number; 32]))
    }
}
