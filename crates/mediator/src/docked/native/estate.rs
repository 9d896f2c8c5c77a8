//! What docks leave behind that died when no mediator was there to miss them.
//!
//! Each dock puts its name into a queue that all mediators share. Whoever claims a name looks whether its dock lives. If not, what waits
//! for it is thrown away, and then its name.

use std::time::Duration;

use bytes::Bytes;
use store::{Job, QueueName, Result, Room, Stores};
use tokio::time::sleep;

use super::PAGE;
use super::mooring::SIGN_LASTS;
use crate::Mediator;

/// How often each name is looked after.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Names in all.
const ROOM: Room = Room { jobs: 10_000, bytes: 1 << 20 };

fn names() -> QueueName {
    "dock.names".parse().unwrap_or_else(|_| unreachable!("a dot and letters"))
}

/// Has mediators look after what this dock leaves behind.
pub(super) async fn put_down(stores: &Stores, dock: &str) -> Result<()> {
    let name = Bytes::copy_from_slice(dock.as_bytes());
    // Where so many have died, one more makes no difference.
    stores.queue.push(&names(), &[name], ROOM).await.map(drop)
}

impl Mediator {
    /// Looks after it, again and again.
    pub(super) async fn clear_after_docks(&self) {
        loop {
            if let Err(error) = self.clear_after_the_dead().await {
                tracing::debug!(%error, "what docks left behind could not be cleared");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn clear_after_the_dead(&self) -> Result<()> {
        let missed = self.missed_docks().await?;
        if missed.is_empty() {
            return Ok(());
        }
        // After an outage of the store a dock may need a moment to be heard again.
        sleep(SIGN_LASTS).await;
        for name in missed {
            // What is not thrown away comes again when the claim has ended.
            if self.leaves_nothing(&name.body).await? {
                self.stores.queue.finish(&names(), name.ticket).await?;
            }
        }
        Ok(())
    }

    /// Names whose docks do not show that they live.
    async fn missed_docks(&self) -> Result<Vec<Job>> {
        let (queue, until, mut missed) = (names(), self.clock.now() + LOOK_EVERY / 2, Vec::new());
        loop {
            let jobs = self.stores.queue.claim(&queue, PAGE, until).await?.jobs;
            let is_all = jobs.len() < PAGE;
            for name in jobs {
                if !self.dock_lives(&String::from_utf8_lossy(&name.body)).await {
                    missed.push(name);
                }
            }
            if is_all {
                return Ok(missed);
            }
        }
    }

    async fn leaves_nothing(&self, dock: &[u8]) -> Result<bool> {
        let dock = &String::from_utf8_lossy(dock);
        Ok(!self.dock_lives(dock).await
            && self.declare_dead(dock).await?
            && !self.orders_wait(dock).await)
    }
}
