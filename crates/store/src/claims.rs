//! Who speaks for whom, inside one process.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::{Claimant, Epoch, Location, RecipientId, Timestamp};

/// [`Presence`](crate::Presence) for a store whose claims need not outlive its process.
///
/// Cheap to clone; clones share their claims.
#[derive(Clone)]
pub struct Claims {
    standing: Arc<Mutex<Standing>>,
    /// Before this moment every instance is alive: what saves nearly all looks behind the lock.
    all_alive_until: Arc<AtomicU64>,
}

struct Standing {
    last: u64,
    newest: HashMap<RecipientId, Location>,
    sessions: HashMap<Epoch, String>,
    instances: HashMap<String, Timestamp>,
}

impl Claims {
    /// No claims yet; the first epoch comes after `last`.
    pub fn after(last: u64) -> Self {
        let standing = Standing {
            last,
            newest: HashMap::new(),
            sessions: HashMap::new(),
            instances: HashMap::new(),
        };
        Self {
            standing: Arc::new(Mutex::new(standing)),
            all_alive_until: Arc::new(AtomicU64::new(u64::MAX)),
        }
    }

    /// Makes the newest claim.
    pub fn claim(&self, owner: RecipientId, claimant: &Claimant) -> Epoch {
        self.standing.lock().claim(owner, claimant)
    }

    /// Claims if nobody alive does.
    pub fn claim_vacant(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Option<Epoch> {
        let mut standing = self.standing.lock();
        let vacant = standing.locate(owner, now).is_none();
        vacant.then(|| standing.claim(owner, claimant))
    }

    /// An instance lives until then.
    pub fn renew(&self, instance: &str, until: Timestamp) {
        let mut standing = self.standing.lock();
        standing.instances.insert(instance.to_owned(), until);
        let first = standing.instances.values().min().map_or(u64::MAX, |first| first.0);
        self.all_alive_until.store(first, Ordering::Release);
    }

    /// Gives up this claim and no other.
    pub fn release(&self, owner: RecipientId, epoch: Epoch) {
        let mut standing = self.standing.lock();
        standing.sessions.remove(&epoch);
        if standing.newest.get(&owner).is_some_and(|location| location.epoch == epoch) {
            standing.newest.remove(&owner);
        }
    }

    /// The newest claim of a living instance.
    pub fn locate(&self, owner: RecipientId, now: Timestamp) -> Option<Location> {
        self.standing.lock().locate(owner, now).cloned()
    }

    /// Whether the instance of this session is alive.
    pub(crate) fn is_alive(&self, epoch: Epoch, now: Timestamp) -> bool {
        now.0 < self.all_alive_until.load(Ordering::Acquire) || {
            let standing = self.standing.lock();
            standing.sessions.get(&epoch).is_none_or(|instance| standing.is_alive(instance, now))
        }
    }

    /// Forgets the claims, but not which epochs were given.
    pub fn clear(&self) {
        let mut standing = self.standing.lock();
        standing.newest.clear();
        standing.sessions.clear();
    }
}

impl Standing {
    fn claim(&mut self, owner: RecipientId, claimant: &Claimant) -> Epoch {
        self.last += 1;
        let epoch = Epoch(self.last);
        self.sessions.insert(epoch, claimant.instance.clone());
        self.newest.insert(owner, Location { claimant: claimant.clone(), epoch });
        epoch
    }

    fn locate(&self, owner: RecipientId, now: Timestamp) -> Option<&Location> {
        let location = self.newest.get(&owner)?;
        self.is_alive(&location.claimant.instance, now).then_some(location)
    }

    /// One that never renewed is in this very process, and alive.
    fn is_alive(&self, instance: &str, now: Timestamp) -> bool {
        self.instances.get(instance).is_none_or(|until| *until > now)
    }
}
