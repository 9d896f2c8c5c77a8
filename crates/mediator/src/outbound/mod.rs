//! The postman: mail for agents that have an address is carried there (design guarantee 7).
//!
//! Every such agent has at most one postman, on one of the instances: a task that lives while there is mail for it. The
//! mailbox is the queue: what was not acknowledged by the endpoint stays there, in order. Several endpoints are served in
//! parallel; one that is dead slows nobody else.
//!
//! Whoever appends mail that nobody watches for sends a postman. If somebody watches, the mail rings there; whether that
//! somebody really lives is found out a few seconds later. What an instance had in hand when it died is found by
//! the others, who see it leave the [roster](crate::roster).

mod backoff;
mod deliveries;
mod round;
mod shift;
mod wrap;

use std::sync::Arc;
use std::time::Duration;

use store::RecipientId;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::Mediator;
use crate::roster::{self, Roster};
pub(crate) use deliveries::Deliveries;
use shift::{Over, Postman};

/// Agents that are looked through at a time.
const LOOK_PAGE: usize = 500;

/// Mail that somebody else was rung for is looked after when this time has passed.
const RECHECK_AFTER: Duration = Duration::from_secs(5);

/// How often those who are due are poked.
const DUE_EVERY: Duration = Duration::from_secs(1);

/// The list on which those who have postmen are.
const ROSTER: &[u8; 15] = b"instance roster";

/// A store that failed is asked again after about this long.
const STORE_AWAY: Duration = Duration::from_secs(1);

impl Mediator {
    /// Runs the postmen until `stop`, then lets each finish what it has in hand.
    pub(crate) async fn deliver_all(self: Arc<Self>, stop: CancellationToken) {
        let looker = stop.run_until_cancelled(self.look_for_mail());
        let rechecker = stop.run_until_cancelled(self.recheck());
        tokio::join!(self.hire(&stop), looker, rechecker, self.keep_roster(&stop));
    }

    async fn hire(self: &Arc<Self>, stop: &CancellationToken) {
        let mut postmen = JoinSet::new();
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => break,
                Some(owner) = self.deliveries.next() => {
                    postmen.spawn(self.clone().deliver_to(owner, stop.clone()));
                }
                Some(_) = postmen.join_next() => {}
            }
        }
        while postmen.join_next().await.is_some() {}
    }

    /// Sends a postman, or finds out later whether somebody else really serves this agent.
    pub(crate) fn send_postman(&self, owner: RecipientId, watched: bool) {
        match watched {
            true => self.deliveries.check_later(owner, self.clock.now() + RECHECK_AFTER),
            false => self.deliveries.poke(owner),
        }
    }

    /// Sends a postman to every agent with waiting mail: after a start, when another instance is gone, and now and then.
    async fn look_for_mail(&self) {
        loop {
            if let Err(error) = self.poke_all().await {
                tracing::warn!(%error, "waiting mail for endpoints could not be looked for");
                sleep(STORE_AWAY).await;
                continue;
            }
            let look_every = self.settings.outbound.look_every;
            let _ = timeout(look_every, self.deliveries.look.notified()).await;
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

    async fn recheck(&self) {
        loop {
            sleep(DUE_EVERY).await;
            self.deliveries.poke_those_due(self.clock.now());
        }
    }

    /// Keeps this instance on the list of those who have postmen until `stop`, and misses others.
    async fn keep_roster(&self, stop: &CancellationToken) {
        let mut roster = Roster::of(ROSTER);
        loop {
            match roster.read(self).await {
                Ok(false) => {}
                Ok(true) => {
                    tracing::info!("another instance is gone, its agents are looked after");
                    self.deliveries.look.notify_one();
                }
                Err(error) => tracing::debug!(%error, "the roster could not be read"),
            }
            if stop.run_until_cancelled(sleep(roster::LOOK_EVERY)).await.is_none() {
                break;
            }
        }
        roster.sign_out(self).await;
    }

    /// The life of one postman: shifts until nothing is left to do for it.
    async fn deliver_to(self: Arc<Self>, owner: RecipientId, stop: CancellationToken) {
        let mut postman = Postman::new(self.clone(), owner);
        while !stop.is_cancelled() {
            match postman.shift(&stop).await {
                Ok(Over::Again) => {}
                Ok(_) if self.deliveries.is_done(owner) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "mail for an endpoint could not be taken in hand");
                    let _ =
                        stop.run_until_cancelled(sleep(postman.backoff.about(STORE_AWAY))).await;
                }
            }
        }
        self.deliveries.leave(owner);
    }
}
