//! Docks and mediators with nothing between them but a store.
//!
//! A dock is known by its name, another one after each start, and shows that it lives as instances do. What happens on its sockets it puts
//! where any mediator finds it ([`Mooring::tell`]); what is to be done at it waits in a queue of its own, which it alone reads
//! ([`Mooring::run`]). Neither ever waits for the other: what is in a queue outlives whoever put it there, and frames for a dock
//! that is dead go back to where they came from.

mod estate;
mod mooring;
mod order;
mod outlet;
mod posts;
mod settled;

pub use mooring::{Mooring, Quay};
pub use order::Order;
pub use outlet::QueueOutlet;
use store::{Backlog, QueueName, RecipientId, Result, Room, Stores, Timestamp};

use crate::Mediator;

/// What waits for one dock at most.
const ROOM: Room = Room { jobs: 100_000, bytes: 256 << 20 };

/// Jobs that are thrown away at a time.
const PAGE: usize = 500;

/// Where orders for a dock wait. `None` for a name that no dock has.
fn orders_of(dock: &str) -> Option<QueueName> {
    format!("dock.out.{dock}").parse().ok()
}

/// A dock looks like a recipient to the store, so that it can be claimed. No recipient has such an id by chance: both are hashes.
fn id_of(dock: &str) -> RecipientId {
    let hash = didcomm::crypto::sha256(&[b"dock ", dock.as_bytes()].concat());
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    RecipientId(id)
}

impl Mediator {
    /// Whether the dock of this name shows that it lives. If the store does not say, it does.
    pub(super) async fn dock_lives(&self, dock: &str) -> bool {
        match self.stores.presence.locate(id_of(dock), self.clock.now()).await {
            Ok(located) => located.is_some_and(|location| location.claimant.instance == dock),
            Err(_) => true,
        }
    }

    /// Takes a dock for dead, unless it has just shown that it lives. One that was only slow finds its claim gone, and closes its
    /// sockets.
    pub(super) async fn declare_dead(&self, dock: &str) -> Result<bool> {
        let (presence, id) = (&self.stores.presence, id_of(dock));
        let claimed = presence.claim_vacant(id, &self.postman, self.clock.now()).await?;
        let Some(epoch) = claimed else { return Ok(!self.dock_lives(dock).await) };
        presence.release(id, epoch).await?;
        self.clear_dock(dock).await;
        Ok(true)
    }

    /// Whether something waits for a dock, if only because it died with it in hand. If the store does not say, something does.
    pub(super) async fn orders_wait(&self, dock: &str) -> bool {
        let Some(queue) = orders_of(dock) else { return false };
        let backlog = self.stores.queue.backlog(&queue).await;
        !matches!(backlog, Ok(Backlog { ready: 0, waiting: 0, .. }))
    }

    /// Throws away what was still to be done at a dock that is gone.
    async fn clear_dock(&self, dock: &str) {
        let Some(queue) = orders_of(dock) else { return };
        if self.orders_wait(dock).await {
            let _ = clear(&self.stores, &queue).await;
        }
    }
}

/// Throws away what waits in a queue that nobody reads any more.
async fn clear(stores: &Stores, queue: &QueueName) -> Result<()> {
    loop {
        let claim = stores.queue.claim(queue, PAGE, Timestamp(0)).await?;
        for job in &claim.jobs {
            stores.queue.finish(queue, job.ticket).await?;
        }
        if claim.jobs.len() < PAGE {
            return Ok(());
        }
    }
}
