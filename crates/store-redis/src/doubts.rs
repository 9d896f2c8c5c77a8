//! Calls whose answer was lost.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand;
use parking_lot::Mutex;
use store::{Epoch, RecipientId};

/// A lease may have been given, and a claim made, though we never heard of it. Nobody would ever hand out that mail, or do
/// the work that was claimed, so the next call of the same kind says what it doubts.
#[derive(Default)]
pub(crate) struct Doubts {
    last: AtomicU64,
    leases: Mutex<HashMap<(RecipientId, Epoch), u64>>,
    claims: Mutex<HashMap<RecipientId, Vec<String>>>,
}

/// Claims of one recipient that are doubted; more than these are forgotten.
const CLAIMS: usize = 8;

impl Doubts {
    /// The number of a new lease, and the first one that is doubted: itself, if none was before.
    pub fn lease(&self, owner: RecipientId, session: Option<Epoch>) -> (u64, u64) {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let doubted = session.and_then(|epoch| self.leases.lock().get(&(owner, epoch)).copied());
        (number, doubted.unwrap_or(number))
    }

    /// The answer to this lease did not come.
    pub fn lost_lease(&self, owner: RecipientId, epoch: Epoch, number: u64) {
        self.leases.lock().entry((owner, epoch)).or_insert(number);
    }

    /// What was doubted is settled.
    pub fn settle_leases(&self, owner: RecipientId, epoch: Epoch) {
        let mut leases = self.leases.lock();
        if !leases.is_empty() {
            leases.remove(&(owner, epoch));
        }
    }

    /// Claims that may have been made.
    pub fn claims(&self, owner: RecipientId) -> Vec<String> {
        self.claims.lock().get(&owner).cloned().unwrap_or_default()
    }

    /// The answer to this claim did not come.
    pub fn lost_claim(&self, owner: RecipientId, nonce: String) {
        let mut claims = self.claims.lock();
        let claims = claims.entry(owner).or_default();
        claims.push(nonce);
        if claims.len() > CLAIMS {
            claims.remove(0);
        }
    }

    /// What was doubted is settled.
    pub fn settle_claims(&self, owner: RecipientId) {
        self.claims.lock().remove(&owner);
    }
}

/// Random bits; zero if the system has none, which it has.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness aws-lc-rs aborts rather than fails.
    let filled = rand::fill(&mut bytes);
    debug_assert!(filled.is_ok());
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lost_lease_is_doubted_until_one_comes_through() {
        let doubts = Doubts::default();
        let (owner, epoch) = (RecipientId([1; 16]), Epoch(7));
        assert_eq!(doubts.lease(owner, Some(epoch)), (1, 1));
        doubts.lost_lease(owner, epoch, 1);
        doubts.lost_lease(owner, epoch, 2);
        assert_eq!(doubts.lease(owner, Some(epoch)), (2, 1));
        assert_eq!(doubts.lease(owner, Some(Epoch(8))), (3, 3));
        doubts.settle_leases(owner, epoch);
        assert_eq!(doubts.lease(owner, Some(epoch)), (4, 4));
    }
}
