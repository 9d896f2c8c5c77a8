//! Peers and single-use invitations, in the registry.

use async_trait::async_trait;
use didcomm::VerKey;
use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use store::{Admission, Connection, Connections, Invitation, RecipientId, Result, Timestamp};

use crate::EmbeddedStore;
use crate::registry::{Outcome, from_json, to_json};

/// Id → [`Connection`] as JSON.
const CONNECTIONS: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("connections");
/// Our key → id.
const KEYS: TableDefinition<[u8; 32], [u8; 16]> = TableDefinition::new("connection keys");
/// Ids of peers with an endpoint.
const DIALABLE: TableDefinition<[u8; 16], ()> = TableDefinition::new("dialable connections");
/// Id → [`Invitation`] as JSON.
const INVITATIONS: TableDefinition<&str, &[u8]> = TableDefinition::new("invitations");

pub(crate) fn create(transaction: &WriteTransaction) -> Outcome<()> {
    transaction.open_table(CONNECTIONS)?;
    transaction.open_table(KEYS)?;
    transaction.open_table(DIALABLE)?;
    transaction.open_table(INVITATIONS)?;
    Ok(())
}

struct Peers<'t> {
    connections: Table<'t, [u8; 16], &'static [u8]>,
    keys: Table<'t, [u8; 32], [u8; 16]>,
    dialable: Table<'t, [u8; 16], ()>,
}

impl<'t> Peers<'t> {
    fn open(transaction: &'t WriteTransaction) -> Outcome<Self> {
        Ok(Self {
            connections: transaction.open_table(CONNECTIONS)?,
            keys: transaction.open_table(KEYS)?,
            dialable: transaction.open_table(DIALABLE)?,
        })
    }

    fn get(&self, id: RecipientId) -> Outcome<Option<Connection>> {
        self.connections.get(id.0)?.map(|row| from_json(row.value())).transpose()
    }

    fn keep(&mut self, connection: &Connection) -> Outcome<()> {
        self.remove(connection.id)?;
        self.connections.insert(connection.id.0, to_json(connection)?.as_slice())?;
        self.keys.insert(*connection.our_key.as_bytes(), connection.id.0)?;
        if !connection.endpoints.is_empty() {
            self.dialable.insert(connection.id.0, ())?;
        }
        Ok(())
    }

    fn remove(&mut self, id: RecipientId) -> Outcome<()> {
        let Some(gone) = self.get(id)? else { return Ok(()) };
        self.connections.remove(id.0)?;
        self.keys.remove(*gone.our_key.as_bytes())?;
        self.dialable.remove(id.0)?;
        Ok(())
    }
}

fn admit(
    transaction: &WriteTransaction,
    connection: &Connection,
    invitation: Option<&str>,
    now: Timestamp,
) -> Outcome<Admission> {
    let mut peers = Peers::open(transaction)?;
    if let Some(known) = peers.get(connection.id)? {
        return Ok(Admission::Known(Box::new(known)));
    }
    if let Some(invitation) = invitation
        && !use_up(transaction, invitation, connection.id, now)?
    {
        return Ok(Admission::Refused);
    }
    peers.keep(connection)?;
    Ok(Admission::Admitted)
}

fn use_up(
    transaction: &WriteTransaction,
    id: &str,
    user: RecipientId,
    now: Timestamp,
) -> Outcome<bool> {
    let mut invitations = transaction.open_table(INVITATIONS)?;
    let found = invitations.get(id)?.map(|row| from_json::<Invitation>(row.value())).transpose()?;
    match found {
        Some(invitation) if invitation.used_by.is_none() && invitation.expires > now => {
            let used = Invitation { used_by: Some(user), ..invitation };
            invitations.insert(id, to_json(&used)?.as_slice())?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

#[async_trait]
impl Connections for EmbeddedStore {
    async fn admit(&self, connection: &Connection, invitation: Option<&str>) -> Result<Admission> {
        let (connection, invitation) = (connection.clone(), invitation.map(str::to_owned));
        let now = self.engine.clock.now();
        self.registry
            .write(move |transaction| admit(transaction, &connection, invitation.as_deref(), now))
            .await
    }

    async fn get(&self, id: RecipientId) -> Result<Option<Connection>> {
        self.registry.read(|transaction| {
            let row = transaction.open_table(CONNECTIONS)?.get(id.0)?;
            row.map(|row| from_json(row.value())).transpose()
        })
    }

    async fn by_key(&self, ours: &VerKey) -> Result<Option<Connection>> {
        self.registry.read(|transaction| {
            let Some(id) =
                transaction.open_table(KEYS)?.get(*ours.as_bytes())?.map(|id| id.value())
            else {
                return Ok(None);
            };
            let row = transaction.open_table(CONNECTIONS)?.get(id)?;
            row.map(|row| from_json(row.value())).transpose()
        })
    }

    async fn update(&self, connection: &Connection) -> Result<()> {
        let connection = connection.clone();
        let write = move |transaction: &WriteTransaction| {
            let mut peers = Peers::open(transaction)?;
            if peers.get(connection.id)?.is_some() { peers.keep(&connection) } else { Ok(()) }
        };
        self.registry.write(write).await
    }

    async fn remove(&self, id: RecipientId) -> Result<()> {
        self.registry.write(move |transaction| Peers::open(transaction)?.remove(id)).await
    }

    async fn dialable(&self, after: Option<RecipientId>, limit: usize) -> Result<Vec<RecipientId>> {
        self.registry.read(|transaction| {
            let dialable = transaction.open_table(DIALABLE)?;
            let ids = dialable
                .range(after.map_or([0; 16], |after| after.0)..)?
                .map(|row| row.map(|(id, _)| RecipientId(id.value())));
            let behind = ids.filter(|id| id.as_ref().map_or(true, |id| Some(*id) != after));
            Ok(behind.take(limit).collect::<std::result::Result<_, _>>()?)
        })
    }

    async fn invite(&self, invitation: &Invitation) -> Result<()> {
        let invitation = invitation.clone();
        let write = move |transaction: &WriteTransaction| {
            let mut invitations = transaction.open_table(INVITATIONS)?;
            // Keeping it twice must not make a used one new.
            let is_known = invitations.get(invitation.id.as_str())?.is_some();
            if !is_known {
                invitations.insert(invitation.id.as_str(), to_json(&invitation)?.as_slice())?;
            }
            Ok(())
        };
        self.registry.write(write).await
    }

    async fn invitation(&self, id: &str) -> Result<Option<Invitation>> {
        self.registry.read(|transaction| {
            let row = transaction.open_table(INVITATIONS)?.get(id)?;
            row.map(|row| from_json(row.value())).transpose()
        })
    }
}
