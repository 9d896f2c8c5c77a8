//! Who needs a postman.

use std::collections::HashMap;

use parking_lot::Mutex;
use store::RecipientId;
use tokio::sync::{Mutex as AsyncMutex, Semaphore, mpsc};

/// Agents with mail for their endpoint: each once, however often it is poked.
pub(crate) struct Deliveries {
    /// The value: whether it was poked again since its postman last looked.
    active: Mutex<HashMap<RecipientId, bool>>,
    wanted: mpsc::UnboundedSender<RecipientId>,
    hired: AsyncMutex<mpsc::UnboundedReceiver<RecipientId>>,
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
