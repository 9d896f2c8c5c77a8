//! Sockets that end at docks, in other processes: the third door.
//!
//! A dock holds sockets and nothing else. What happens on them it tells to any instance ([`Docks::take`]) or puts where any
//! instance finds it, and what is to be sent goes back through an [`Outlet`]. In between there is the same
//! [`Socket`](crate::Socket) that a connection of our own has, with the same sessions, claims and promises.
//!
//! Each socket belongs to one of 64 *shards*, by its name, and each shard is served by one instance at a time, which claims it as a
//! session claims a recipient (`keeper`). An event that reaches another instance waits in the shard's queue; the answer "taken" is
//! given when it is there. What has to be known about a socket stands in the shard's register, so that whoever takes the shard over goes
//! on where the other was: its sockets stay open. What was in flight is as in flight as after any other end of a session.
//!
//! Events of one socket are dealt with in their order as long as its dock tells the next one after the last was taken.

mod count;
mod job;
mod keeper;
mod link;
mod lost;
mod native;
mod note;
mod outlet;
mod pongs;
mod register;
mod shard;
mod slip;
mod visit;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use store::{Backlog, Pushed, Result, Room, StoreError, Stores};

use crate::Mediator;
use lost::LostDocks;
pub use native::{Mooring, Order, Quay, QueueOutlet};
pub use note::{BadBerthId, BerthId, Event, Note, Reach};
pub use outlet::{Outlet, Unsent};
use shard::{Shard, events_of, shard_of};

/// What waits in the queue of one shard at most.
const ROOM: Room = Room { jobs: 100_000, bytes: 256 << 20 };

/// Everything that this instance has to do with docks.
pub struct Docks {
    office: Arc<Mediator>,
    outlet: Arc<dyn Outlet>,
    lost_docks: Arc<LostDocks>,
    held: Mutex<HashMap<u8, Arc<Shard>>>,
}

/// What an instance serves.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Parts of all sockets, of which there are 64.
    pub shards: usize,
    /// Sockets, by the docks that they are at.
    pub sockets: BTreeMap<String, u64>,
    /// Events that were claimed from queues and are not dealt with yet.
    pub waiting: usize,
}

impl Docks {
    /// Serves nobody until [`Docks::run`].
    pub fn new(office: Arc<Mediator>, outlet: Arc<dyn Outlet>) -> Arc<Self> {
        office.serves_docks.store(true, Ordering::Relaxed);
        Arc::new(Self { office, outlet, lost_docks: Arc::default(), held: Mutex::default() })
    }

    /// What of all docks' sockets this instance serves now.
    pub fn holding(&self) -> Holding {
        let held: Vec<_> = self.held.lock().values().cloned().collect();
        let mut holding = Holding { shards: held.len(), ..Holding::default() };
        held.iter().for_each(|shard| shard.add_to(&mut holding));
        holding
    }

    /// Takes what a dock tells. When this returns, it was dealt with, or is kept for whoever deals with it.
    ///
    /// # Errors
    /// If it could not be kept. It may have been dealt with in part; telling it again does no harm.
    pub async fn take(&self, note: Note) -> Result<()> {
        let number = shard_of(&note.berth);
        let held = self.held.lock().get(&number).cloned();
        if let Some(shard) = held
            && self.nothing_waits(number).await
            && shard.deal_with(note.clone()).await
        {
            return Ok(());
        }
        push(&self.office.stores, &note).await
    }

    /// What waits was told before, perhaps by the same socket.
    async fn nothing_waits(&self, number: u8) -> bool {
        let backlog = self.office.stores.queue.backlog(&events_of(number)).await;
        matches!(backlog, Ok(Backlog { ready: 0, waiting: 0, .. }))
    }
}

async fn push(stores: &Stores, note: &Note) -> Result<()> {
    let queue = events_of(shard_of(&note.berth));
    match stores.queue.push(&queue, &[note.to_job()], ROOM).await? {
        Pushed::Kept => Ok(()),
        Pushed::NoRoom => Err(StoreError::Full("the queue of events at docks".to_owned())),
    }
}
