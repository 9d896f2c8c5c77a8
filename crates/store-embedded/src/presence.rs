//! Presence lives in memory: a claim does not outlive the process whose socket it stands for.

use async_trait::async_trait;
use store::{Claimant, Claims, Epoch, Location, Presence, RecipientId, Result, Timestamp};

use crate::EmbeddedStore;

/// Epochs per life of the store: no process claims that often.
const PER_LIFE: u32 = 40;

/// Claims of this life of the store, whose epochs are above those of all lives before.
pub(crate) fn claims_of(life: u64) -> Claims {
    Claims::after(life << PER_LIFE)
}

#[async_trait]
impl Presence for EmbeddedStore {
    async fn claim(&self, owner: RecipientId, claimant: &Claimant) -> Result<Epoch> {
        Ok(self.engine.flight.claims().claim(owner, claimant))
    }

    async fn claim_vacant(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Option<Epoch>> {
        Ok(self.engine.flight.claims().claim_vacant(owner, claimant, now))
    }

    async fn renew(&self, instance: &str, until: Timestamp) -> Result<()> {
        self.engine.flight.claims().renew(instance, until);
        Ok(())
    }

    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()> {
        self.engine.flight.claims().release(owner, epoch);
        Ok(())
    }

    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>> {
        Ok(self.engine.flight.claims().locate(owner, now))
    }
}
