use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use async_trait::async_trait;
use didcomm::VerKey;

use super::MemoryStore;
use crate::{Admission, Connection, Connections, Invitation, RecipientId, Result, Timestamp};

#[derive(Default)]
pub(super) struct Peers {
    connections: BTreeMap<RecipientId, Connection>,
    by_key: HashMap<VerKey, RecipientId>,
    invitations: HashMap<String, Invitation>,
}

impl Peers {
    fn admit(
        &mut self,
        connection: &Connection,
        invitation: Option<&str>,
        now: Timestamp,
    ) -> Admission {
        if let Some(known) = self.connections.get(&connection.id) {
            return Admission::Known(Box::new(known.clone()));
        }
        if invitation.is_some_and(|id| !self.use_up(id, connection.id, now)) {
            return Admission::Refused;
        }
        self.keep(connection);
        Admission::Admitted
    }

    fn use_up(&mut self, id: &str, user: RecipientId, now: Timestamp) -> bool {
        match self.invitations.get_mut(id) {
            Some(invitation) if invitation.used_by.is_none() && invitation.expires > now => {
                invitation.used_by = Some(user);
                true
            }
            _ => false,
        }
    }

    fn keep(&mut self, connection: &Connection) {
        self.remove(connection.id);
        self.by_key.insert(connection.our_key, connection.id);
        self.connections.insert(connection.id, connection.clone());
    }

    fn remove(&mut self, id: RecipientId) {
        if let Some(gone) = self.connections.remove(&id) {
            self.by_key.remove(&gone.our_key);
        }
    }
}

#[async_trait]
impl Connections for MemoryStore {
    async fn admit(&self, connection: &Connection, invitation: Option<&str>) -> Result<Admission> {
        self.gate()?;
        Ok(self.peers.lock().admit(connection, invitation, self.clock.now()))
    }

    async fn get(&self, id: RecipientId) -> Result<Option<Connection>> {
        self.gate()?;
        Ok(self.peers.lock().connections.get(&id).cloned())
    }

    async fn by_key(&self, ours: &VerKey) -> Result<Option<Connection>> {
        self.gate()?;
        let peers = self.peers.lock();
        Ok(peers.by_key.get(ours).and_then(|id| peers.connections.get(id)).cloned())
    }

    async fn update(&self, connection: &Connection) -> Result<()> {
        self.gate()?;
        let mut peers = self.peers.lock();
        if peers.connections.contains_key(&connection.id) {
            peers.keep(connection);
        }
        Ok(())
    }

    async fn remove(&self, id: RecipientId) -> Result<()> {
        self.gate()?;
        self.peers.lock().remove(id);
        Ok(())
    }

    async fn dialable(&self, after: Option<RecipientId>, limit: usize) -> Result<Vec<RecipientId>> {
        self.gate()?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let peers = self.peers.lock();
        let behind = peers.connections.range((from, Bound::Unbounded));
        Ok(behind
            .filter(|(_, peer)| !peer.endpoints.is_empty())
            .map(|(id, _)| *id)
            .take(limit)
            .collect())
    }

    async fn invite(&self, invitation: &Invitation) -> Result<()> {
        self.gate()?;
        // Keeping it twice must not make a used one new.
        self.peers
            .lock()
            .invitations
            .entry(invitation.id.clone())
            .or_insert_with(|| invitation.clone());
        Ok(())
    }

    async fn invitation(&self, id: &str) -> Result<Option<Invitation>> {
        self.gate()?;
        Ok(self.peers.lock().invitations.get(id).cloned())
    }
}
