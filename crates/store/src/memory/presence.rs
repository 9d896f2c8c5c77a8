use std::collections::HashMap;

use async_trait::async_trait;

use super::MemoryStore;
use crate::{Epoch, Location, Presence, RecipientId, Result, StoreError, Timestamp};

pub(super) struct Claims {
    last: u64,
    standing: HashMap<RecipientId, Claim>,
}

struct Claim {
    location: Location,
    until: Timestamp,
}

impl Claims {
    pub(super) fn after(last: u64) -> Self {
        Self { last, standing: HashMap::new() }
    }

    /// Forgets the claims, but not which epochs were given.
    pub(super) fn clear(&mut self) {
        self.standing.clear();
    }
}

#[async_trait]
impl Presence for MemoryStore {
    async fn claim(&self, owner: RecipientId, instance: &str, until: Timestamp) -> Result<Epoch> {
        self.gate()?;
        let mut claims = self.claims.lock();
        claims.last += 1;
        let epoch = Epoch(claims.last);
        let location = Location { instance: instance.to_owned(), epoch };
        claims.standing.insert(owner, Claim { location, until });
        Ok(epoch)
    }

    async fn renew(&self, owner: RecipientId, epoch: Epoch, until: Timestamp) -> Result<()> {
        self.gate()?;
        match self.claims.lock().standing.get_mut(&owner) {
            Some(claim) if claim.location.epoch == epoch => claim.until = until,
            _ => return Err(StoreError::Displaced),
        }
        Ok(())
    }

    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()> {
        self.gate()?;
        let mut claims = self.claims.lock();
        if claims.standing.get(&owner).is_some_and(|claim| claim.location.epoch == epoch) {
            claims.standing.remove(&owner);
        }
        Ok(())
    }

    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>> {
        self.gate()?;
        let claims = self.claims.lock();
        Ok(claims
            .standing
            .get(&owner)
            .filter(|claim| claim.until > now)
            .map(|claim| claim.location.clone()))
    }
}
