//! The postman: mail for agents that have an address is carried there (design guarantee 7).
//!
//! Every such agent has at most one postman in this process, a task that lives while there is mail for it. The mailbox is the
//! queue: what was not acknowledged by the endpoint stays there, in order. Several endpoints are served in parallel; one that
//! is dead slows nobody else.

mod backoff;
mod deliveries;
mod round;
mod wrap;

use std::sync::Arc;

use store::RecipientId;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Mediator;
use backoff::Backoff;
pub(crate) use deliveries::Deliveries;
use round::{Postman, Round};

/// Agents that are looked through at a time.
const LOOK_PAGE: usize = 500;

impl Mediator {
    /// Runs the postmen until `stop`, then lets each finish what it has in hand.
    pub(crate) async fn deliver_all(self: Arc<Self>, stop: CancellationToken) {
        let postmen = TaskTracker::new();
        let looker = self.clone().look_for_mail(stop.clone());
        let hirer = async {
            while let Some(Some(owner)) = stop.run_until_cancelled(self.deliveries.next()).await {
                postmen.spawn(self.clone().deliver_to(owner, stop.clone()));
            }
        };
        tokio::join!(looker, hirer);
        postmen.close();
        postmen.wait().await;
    }

    /// Wakes a postman for every agent with waiting mail: after a start, and now and then in case a wake was lost.
    async fn look_for_mail(self: Arc<Self>, stop: CancellationToken) {
        loop {
            if let Err(error) = self.poke_all().await {
                tracing::warn!(%error, "waiting mail for endpoints could not be looked for");
            }
            if stop.run_until_cancelled(sleep(self.settings.outbound.look_every)).await.is_none() {
                return;
            }
        }
    }

    async fn poke_all(&self) -> store::Result<()> {
        let mut after = None;
        loop {
            let owners = self.stores.connections.dialable(after, LOOK_PAGE).await?;
            for owner in &owners {
                if self.stores.mailbox.depth(*owner, None).await?.messages > 0 {
                    self.deliveries.poke(*owner);
                }
            }
            after = owners.last().copied();
            if owners.len() < LOOK_PAGE {
                return Ok(());
            }
        }
    }

    /// The life of one postman: rounds until the mailbox is empty, with waits when the endpoint does not take it.
    async fn deliver_to(self: Arc<Self>, owner: RecipientId, stop: CancellationToken) {
        let mut backoff = Backoff::new(&self.settings.outbound);
        let mut postman = Postman::new(self.clone(), owner);
        while !stop.is_cancelled() {
            match postman.round(&stop).await {
                Round::Emptied if self.deliveries.is_done(owner) => return,
                Round::Emptied | Round::Progress => backoff.reset(),
                Round::NotOurs => return self.deliveries.leave(owner),
                Round::Stuck => {
                    if stop.run_until_cancelled(sleep(backoff.next())).await.is_none() {
                        break;
                    }
                }
            }
        }
        self.deliveries.leave(owner);
    }
}
