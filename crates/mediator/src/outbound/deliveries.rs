//! Who needs a postman.

use std::collections::HashMap;

use parking_lot::Mutex;
use store::{RecipientId, Timestamp};
use tokio::sync::{Mutex as AsyncMutex, Notify, Semaphore, mpsc};

/// Agents with mail for their endpoint: each once, however often it is poked.
pub(crate) struct Deliveries {
    /// The value: whether it was poked again since its postman last looked.
    active: Mutex<HashMap<RecipientId, bool>>,
    wanted: mpsc::UnboundedSender<RecipientId>,
    hired: AsyncMutex<mpsc::UnboundedReceiver<RecipientId>>,
    /// Agents that may need a postman later, and when.
    to_check: Mutex<HashMap<RecipientId, Timestamp>>,
    /// Rung when all mailboxes are to be looked through.
    pub(super) look: Notify,
    /// Endpoints that are being sent to.
    pub(super) gate: Semaphore,
}

impl Deliveries {
    pub fn new(parallel: usize) -> Self {
        // Unbounded in form only: an agent is in the channel at most once.
        let (wanted, hired) = mpsc::unbounded_channel();
        Self {
            active: Mutex::default(),
            wanted,
            hired: AsyncMutex::new(hired),
            to_check: Mutex::default(),
            look: Notify::new(),
            gate: Semaphore::new(parallel),
        }
    }

    /// There may be mail for this agent.
    pub fn poke(&self, owner: RecipientId) {
        let mut active = self.active.lock();
        if let Some(poked) = active.get_mut(&owner) {
            *poked = true;
        } else if self.wanted.send(owner).is_ok() {
            active.insert(owner, false);
        }
    }

    /// Somebody was rung for mail of this agent. If it is not our own postman, it may be one that is dead: `at` this time at
    /// the latest we look.
    pub fn check_later(&self, owner: RecipientId, at: Timestamp) {
        if !self.active.lock().contains_key(&owner) {
            self.to_check.lock().entry(owner).or_insert(at);
        }
    }

    /// Mail of this agent comes back `at` this time, and nobody will be rung.
    pub fn poke_at(&self, owner: RecipientId, at: Timestamp) {
        let mut to_check = self.to_check.lock();
        let due = to_check.entry(owner).or_insert(at);
        *due = at.max(*due);
    }

    /// Pokes whose time has come.
    pub(super) fn poke_those_due(&self, now: Timestamp) {
        let due: Vec<_> = self.to_check.lock().extract_if(|_, at| *at <= now).collect();
        due.into_iter().for_each(|(owner, _)| self.poke(owner));
    }

    /// The next agent that needs a postman.
    pub(super) async fn next(&self) -> Option<RecipientId> {
        self.hired.lock().await.recv().await
    }

    /// Whether a postman that found nothing more may go. A poke since it looked keeps it.
    pub(super) fn is_done(&self, owner: RecipientId) -> bool {
        let mut active = self.active.lock();
        match active.get_mut(&owner) {
            Some(poked) if *poked => {
                *poked = false;
                false
            }
            _ => {
                active.remove(&owner);
                true
            }
        }
    }

    /// A postman goes, whatever there is.
    pub(super) fn leave(&self, owner: RecipientId) {
        self.active.lock().remove(&owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: RecipientId = RecipientId([3; 16]);

    #[tokio::test]
    async fn an_agent_that_is_poked_twice_gets_one_postman() {
        let deliveries = Deliveries::new(1);
        deliveries.poke(OWNER);
        deliveries.poke(OWNER);
        assert_eq!(deliveries.next().await, Some(OWNER));
        assert!(deliveries.hired.lock().await.try_recv().is_err());
    }

    #[test]
    fn who_was_rung_is_looked_after_later_unless_it_was_our_own_postman() {
        let (deliveries, other) = (Deliveries::new(1), RecipientId([4; 16]));
        deliveries.poke(OWNER);
        for at in [5, 9] {
            deliveries.check_later(OWNER, Timestamp(at));
            deliveries.check_later(other, Timestamp(at));
        }
        deliveries.poke_those_due(Timestamp(4));
        assert!(!deliveries.active.lock().contains_key(&other), "it is too early");
        deliveries.poke_those_due(Timestamp(5));
        assert!(deliveries.active.lock().contains_key(&other));
        assert!(!deliveries.active.lock()[&OWNER], "its postman was poked");
    }

    #[test]
    fn what_comes_back_later_is_not_looked_for_before() {
        let deliveries = Deliveries::new(1);
        deliveries.check_later(OWNER, Timestamp(5));
        deliveries.poke_at(OWNER, Timestamp(8));
        deliveries.poke_those_due(Timestamp(7));
        assert!(deliveries.active.lock().is_empty());
        deliveries.poke_those_due(Timestamp(8));
        assert!(deliveries.active.lock().contains_key(&OWNER));
    }

    #[test]
    fn a_poke_while_the_postman_looks_is_not_lost() {
        let deliveries = Deliveries::new(1);
        deliveries.poke(OWNER);
        deliveries.poke(OWNER);
        assert!(!deliveries.is_done(OWNER));
        assert!(deliveries.is_done(OWNER));
        deliveries.poke(OWNER);
        assert!(deliveries.active.lock().contains_key(&OWNER));
    }
}
