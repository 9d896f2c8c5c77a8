use async_trait::async_trait;

use super::MemoryStore;
use crate::{Claimant, Epoch, Location, Presence, RecipientId, Result, Timestamp};

#[async_trait]
impl Presence for MemoryStore {
    async fn claim(&self, owner: RecipientId, claimant: &Claimant) -> Result<Epoch> {
        self.gate()?;
        Ok(self.claims.claim(owner, claimant))
    }

    async fn claim_vacant(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Option<Epoch>> {
        self.gate()?;
        Ok(self.claims.claim_vacant(owner, claimant, now))
    }

    async fn renew(&self, instance: &str, until: Timestamp) -> Result<()> {
        self.gate()?;
        self.claims.renew(instance, until);
        Ok(())
    }

    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()> {
        self.gate()?;
        self.claims.release(owner, epoch);
        Ok(())
    }

    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>> {
        self.gate()?;
        Ok(self.claims.locate(owner, now))
    }
}
