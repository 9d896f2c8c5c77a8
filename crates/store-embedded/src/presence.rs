//! Presence lives in memory: a claim does not outlive the process whose socket it stands for.

use std::collections::HashMap;

use async_trait::async_trait;
use parking_lot::Mutex;
use store::{Epoch, Location, Presence, RecipientId, Result, StoreError, Timestamp};

use crate::EmbeddedStore;

/// Epochs per life of the store: no process claims that often.
const PER_LIFE: u32 = 40;

/// Who speaks for whom.
pub(crate) struct Claims(Mutex<Standing>);

struct Standing {
    last: u64,
    claims: HashMap<RecipientId, Claim>,
}

struct Claim {
    location: Location,
    until: Timestamp,
}

impl Claims {
    /// Claims of this life of the store, whose epochs are above those of all lives before.
    pub(crate) fn after(life: u64) -> Self {
        Self(Mutex::new(Standing { last: life << PER_LIFE, claims: HashMap::new() }))
    }
}

#[async_trait]
impl Presence for EmbeddedStore {
    async fn claim(&self, owner: RecipientId, instance: &str, until: Timestamp) -> Result<Epoch> {
        let mut standing = self.claims.0.lock();
        standing.last += 1;
        let epoch = Epoch(standing.last);
        let location = Location { instance: instance.to_owned(), epoch };
        standing.claims.insert(owner, Claim { location, until });
        Ok(epoch)
    }

    async fn renew(&self, owner: RecipientId, epoch: Epoch, until: Timestamp) -> Result<()> {
        match self.claims.0.lock().claims.get_mut(&owner) {
            Some(claim) if claim.location.epoch == epoch => claim.until = until,
            _ => return Err(StoreError::Displaced),
        }
        Ok(())
    }

    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()> {
        let claims = &mut self.claims.0.lock().claims;
        if claims.get(&owner).is_some_and(|claim| claim.location.epoch == epoch) {
            claims.remove(&owner);
        }
        Ok(())
    }

    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>> {
        let standing = self.claims.0.lock();
        Ok(standing
            .claims
            .get(&owner)
            .filter(|claim| claim.until > now)
            .map(|claim| claim.location.clone()))
    }
}
