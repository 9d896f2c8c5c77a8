use std::collections::HashMap;

use async_trait::async_trait;
use didcomm::Destination;

use super::MemoryStore;
use crate::{KeyAction, KeyChange, KeyOutcome, KeyPage, Keylists, Mediation, RecipientId, Result};

#[derive(Default)]
pub(super) struct Lists {
    statuses: HashMap<RecipientId, Mediation>,
    routes: HashMap<Destination, RecipientId>,
    keys: HashMap<RecipientId, Vec<Destination>>,
}

impl Lists {
    fn revoke(&mut self, owner: RecipientId) {
        for destination in self.keys.remove(&owner).unwrap_or_default() {
            self.routes.remove(&destination);
        }
    }

    fn apply(&mut self, owner: RecipientId, change: &KeyChange, limit: usize) -> KeyOutcome {
        let is_ours = self.routes.get(&change.destination).map(|other| *other == owner);
        match (change.action, is_ours) {
            (KeyAction::Add, None) => self.add(owner, &change.destination, limit),
            (KeyAction::Add, Some(false)) => KeyOutcome::Refused,
            (KeyAction::Remove, Some(true)) => self.remove(owner, &change.destination),
            (KeyAction::Add, Some(true)) | (KeyAction::Remove, None | Some(false)) => {
                KeyOutcome::NoChange
            }
        }
    }

    fn add(&mut self, owner: RecipientId, destination: &Destination, limit: usize) -> KeyOutcome {
        let keys = self.keys.entry(owner).or_default();
        if keys.len() >= limit {
            return KeyOutcome::Refused;
        }
        keys.push(destination.clone());
        self.routes.insert(destination.clone(), owner);
        KeyOutcome::Success
    }

    fn remove(&mut self, owner: RecipientId, destination: &Destination) -> KeyOutcome {
        self.routes.remove(destination);
        if let Some(keys) = self.keys.get_mut(&owner) {
            keys.retain(|key| key != destination);
        }
        KeyOutcome::Success
    }
}

#[async_trait]
impl Keylists for MemoryStore {
    async fn status(&self, owner: RecipientId) -> Result<Mediation> {
        self.gate()?;
        Ok(self.lists.lock().statuses.get(&owner).copied().unwrap_or(Mediation::None))
    }

    async fn set_status(&self, owner: RecipientId, status: Mediation) -> Result<()> {
        self.gate()?;
        let mut lists = self.lists.lock();
        lists.statuses.insert(owner, status);
        if status != Mediation::Granted {
            lists.revoke(owner);
        }
        Ok(())
    }

    async fn route(&self, destination: &Destination) -> Result<Option<RecipientId>> {
        self.gate()?;
        Ok(self.lists.lock().routes.get(destination).copied())
    }

    async fn update(
        &self,
        owner: RecipientId,
        changes: &[KeyChange],
        limit: usize,
    ) -> Result<Vec<KeyOutcome>> {
        self.gate()?;
        let mut lists = self.lists.lock();
        Ok(changes.iter().map(|change| lists.apply(owner, change, limit)).collect())
    }

    async fn list(&self, owner: RecipientId, offset: usize, limit: usize) -> Result<KeyPage> {
        self.gate()?;
        let lists = self.lists.lock();
        let all = lists.keys.get(&owner).map_or(&[][..], Vec::as_slice);
        let rest = all.get(offset..).unwrap_or_default();
        let keys = rest[..limit.min(rest.len())].to_vec();
        let remaining = rest.len() - keys.len();
        Ok(KeyPage { keys, remaining })
    }
}
