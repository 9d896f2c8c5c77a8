//! Events that wait in the queue of a part.

use std::sync::Arc;
use std::time::Duration;

use store::{Backlog, Job, Ticket};
use tokio::time::sleep;

use super::super::Note;
use super::super::slip::Slip;
use super::{LEASE, STORE_AWAY, Shard};

/// Jobs that are claimed at a time.
const PAGE: usize = 128;

/// Jobs in hand, beyond which none are claimed.
const IN_HAND: usize = 1_024;

impl Shard {
    /// Claims what waits and passes it on. Says how long to wait for more.
    pub async fn fetch(self: &Arc<Self>, idle: Duration) -> Duration {
        loop {
            if self.state.lock().in_hand.len() >= IN_HAND {
                return STORE_AWAY;
            }
            let now = self.office.clock.now();
            let claim = match self.office.stores.queue.claim(&self.queue, PAGE, now + LEASE).await {
                Ok(claim) => claim,
                Err(error) => {
                    tracing::debug!(%error, "events at docks could not be claimed");
                    return STORE_AWAY;
                }
            };
            let is_all = claim.jobs.len() < PAGE;
            claim.jobs.into_iter().for_each(|job| self.take(job));
            if is_all {
                return claim.next.map_or(idle, |next| next.since(now).min(idle));
            }
        }
    }

    fn take(self: &Arc<Self>, job: Job) {
        if !self.state.lock().in_hand.insert(job.ticket.id) {
            return;
        }
        let slip = Slip::job(self, job.ticket);
        match Note::from_job(&job.body) {
            Some(note) => self.pass_on(note, slip),
            None => {
                tracing::warn!("something that is no event at a dock is thrown away");
                slip.settle();
            }
        }
    }

    /// Whether more waits than what is in hand here, or nobody knows.
    pub async fn has_jobs_elsewhere(&self) -> bool {
        let backlog = self.office.stores.queue.backlog(&self.queue).await;
        let in_hand = self.state.lock().in_hand.len() as u64;
        !matches!(backlog, Ok(Backlog { ready, waiting, .. }) if ready + waiting <= in_hand)
    }

    /// A job is done.
    pub fn finish(self: &Arc<Self>, ticket: Ticket) {
        let shard = self.clone();
        self.tasks.spawn(async move {
            while shard.office.stores.queue.finish(&shard.queue, ticket).await.is_err() {
                if shard.let_go.run_until_cancelled(sleep(STORE_AWAY)).await.is_none() {
                    break;
                }
            }
            shard.state.lock().in_hand.remove(&ticket.id);
        });
    }

    /// A job is not done. It comes again, here or elsewhere.
    pub fn put_back(&self, ticket: Ticket) {
        let mut state = self.state.lock();
        state.in_hand.remove(&ticket.id);
        if self.let_go.is_cancelled() {
            state.put_back.push(ticket);
        }
    }
}
