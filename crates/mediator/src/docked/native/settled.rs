//! What became of answers with mail that nobody acknowledges.
//!
//! The dock that gave one tells the mediator it is from, in a queue that only this one reads. What a mediator that died does not read any
//! more, the dock throws away, if it outlives it for a minute or two.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use store::{Clock, QueueName, Stores, Timestamp};
use tokio::time::{sleep, timeout};

use super::super::job::{joined, parted};
use super::clear;
use super::posts::{IDLE, LEASE, PAGE, ROOM, ring};
use crate::{Mediator, Receipt};

/// Longer than any transport takes to see what became of an answer.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// Whether the answer to a request was taken.
#[derive(Serialize, Deserialize)]
struct Settled {
    dock: String,
    request: u64,
    taken: bool,
}

/// A request, by the dock that holds it and its number there.
type Place = (String, u64);

/// Answers whose end a mediator waits for.
#[derive(Default, Clone)]
pub(super) struct Receipts(Arc<Mutex<HashMap<Place, Receipt>>>);

impl Receipts {
    /// Waits until this answer is settled. One of which nothing is heard is lost.
    pub fn wait_for(self, place: Place, receipt: Receipt) {
        self.0.lock().insert(place.clone(), receipt);
        tokio::spawn(async move {
            sleep(SETTLED_WITHIN).await;
            if let Some(receipt) = self.take(&place) {
                receipt.lost().await;
            }
        });
    }

    fn take(&self, place: &Place) -> Option<Receipt> {
        self.0.lock().remove(place)
    }

    async fn settle(&self, told: Settled) {
        match (self.take(&(told.dock, told.request)), told.taken) {
            (Some(receipt), true) => receipt.taken().await,
            (Some(receipt), false) => receipt.lost().await,
            (None, _) => {}
        }
    }
}

impl Mediator {
    /// Hears what became of its answers.
    pub(super) async fn settle_posts(&self, receipts: Receipts) {
        let Some(queue) = receipts_of(&self.session.instance) else { return };
        let mut bell = self.stores.queue.watch(&queue).await.ok();
        loop {
            let until = self.clock.now() + LEASE;
            let claim = self.stores.queue.claim(&queue, PAGE, until).await;
            for job in claim.map(|claim| claim.jobs).unwrap_or_default() {
                if let Some((told, _)) = parted(&job.body) {
                    receipts.settle(told).await;
                }
                let _ = self.stores.queue.finish(&queue, job.ticket).await;
            }
            let _ = timeout(IDLE, ring(&mut bell)).await;
        }
    }
}

/// Mediators that a dock has told something, and when last.
#[derive(Default)]
pub(super) struct Told(Mutex<HashMap<String, Timestamp>>);

impl Told {
    /// Tells a mediator what became of its answer to a request of this dock.
    pub async fn tell(&self, stores: &Stores, clock: &dyn Clock, core: String, end: (Place, bool)) {
        let Some(queue) = receipts_of(&core) else { return };
        self.0.lock().insert(core, clock.now());
        let ((dock, request), taken) = end;
        let job = joined(&Settled { dock, request, taken }, &[]);
        // One that is not told takes it for lost after a while.
        let _ = stores.queue.push(&queue, &[job], ROOM).await;
    }

    /// Throws away, again and again, what has waited for longer than it means anything: its mediator is gone.
    pub async fn clear(&self, stores: &Stores, clock: &dyn Clock) {
        loop {
            sleep(SETTLED_WITHIN).await;
            for core in self.long_ago(clock.now()) {
                if !is_clear(stores, clock, &core).await {
                    self.0.lock().entry(core).or_insert_with(|| clock.now());
                }
            }
        }
    }

    /// Those that were told nothing for a while, each once.
    fn long_ago(&self, now: Timestamp) -> Vec<String> {
        let mut told = self.0.lock();
        told.extract_if(|_, last| *last + SETTLED_WITHIN <= now).map(|(core, _)| core).collect()
    }
}

/// Sees to it that nothing old waits for a mediator. False if something may.
async fn is_clear(stores: &Stores, clock: &dyn Clock, core: &str) -> bool {
    let Some(queue) = receipts_of(core) else { return true };
    match stores.queue.backlog(&queue).await.map(|backlog| backlog.oldest) {
        Ok(None) => true,
        Ok(Some(oldest)) if oldest + SETTLED_WITHIN <= clock.now() => {
            clear(stores, &queue).await.is_ok()
        }
        Ok(Some(_)) | Err(_) => false,
    }
}

/// Where a mediator hears what became of its answers. `None` for a name that no instance has.
fn receipts_of(instance: &str) -> Option<QueueName> {
    let hash = didcomm::crypto::sha256(instance.as_bytes());
    let hash: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("dock.settled.{hash}").parse().ok()
}

#[cfg(test)]
mod tests {
    use store::memory::MemoryStore;
    use testkit::RuntimeClock;

    use super::*;

    /// What waits for a mediator.
    async fn waiting(stores: &Stores, core: &str) -> u64 {
        let backlog = stores.queue.backlog(&receipts_of(core).unwrap()).await.unwrap();
        backlog.ready + backlog.waiting
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_dead_mediator_does_not_hear_is_thrown_away_and_what_a_living_one_may_is_kept() {
        let clock = Arc::new(RuntimeClock::start());
        let stores = Stores::of(Arc::new(MemoryStore::new(clock.clone())));
        let told = Told::default();
        let tell = async |core: &str| {
            let end = (("north".to_owned(), 1), true);
            told.tell(&stores, &*clock, core.to_owned(), end).await;
        };
        let telling = async {
            tell("dead").await;
            sleep(SETTLED_WITHIN * 3 / 2).await;
            assert_eq!(waiting(&stores, "dead").await, 0);
            // It may be looked at, if it was told nothing else for long.
            tell("living").await;
            told.0.lock().insert("living".to_owned(), Timestamp(0));
            sleep(SETTLED_WITHIN * 3 / 4).await;
            assert_eq!(waiting(&stores, "living").await, 1);
        };
        tokio::select! {
            () = telling => {}
            () = told.clear(&stores, &*clock) => unreachable!("it has no end"),
        }
    }
}
