//! Grants and routes, in the registry.

use async_trait::async_trait;
use didcomm::Destination;
use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use store::{KeyAction, KeyChange, KeyOutcome, KeyPage, Keylists, Mediation, RecipientId, Result};

use crate::EmbeddedStore;
use crate::registry::{Outcome, next_number};

/// Owner → [`Mediation`].
const STATUSES: TableDefinition<[u8; 16], u8> = TableDefinition::new("mediation");
/// Destination → its owner and its number in the owner's list.
const ROUTES: TableDefinition<&[u8], ([u8; 16], u64)> = TableDefinition::new("routes");
/// Owner and number → destination. Numbers grow, so that a list is in the order in which it was made.
const LISTS: TableDefinition<([u8; 16], u64), &[u8]> = TableDefinition::new("keylists");
/// Owner → how many keys are listed.
const LENGTHS: TableDefinition<[u8; 16], u64> = TableDefinition::new("keylist lengths");
const LISTED: &str = "listed keys";

const GRANTED: u8 = 1;
const DENIED: u8 = 2;

pub(crate) fn create(transaction: &WriteTransaction) -> Outcome<()> {
    transaction.open_table(STATUSES)?;
    transaction.open_table(ROUTES)?;
    transaction.open_table(LISTS)?;
    transaction.open_table(LENGTHS)?;
    Ok(())
}

struct Lists<'t> {
    transaction: &'t WriteTransaction,
    routes: Table<'t, &'static [u8], ([u8; 16], u64)>,
    lists: Table<'t, ([u8; 16], u64), &'static [u8]>,
    lengths: Table<'t, [u8; 16], u64>,
}

impl<'t> Lists<'t> {
    fn open(transaction: &'t WriteTransaction) -> Outcome<Self> {
        Ok(Self {
            transaction,
            routes: transaction.open_table(ROUTES)?,
            lists: transaction.open_table(LISTS)?,
            lengths: transaction.open_table(LENGTHS)?,
        })
    }

    fn apply(
        &mut self,
        owner: RecipientId,
        change: &KeyChange,
        limit: usize,
    ) -> Outcome<KeyOutcome> {
        let key = change.destination.to_bytes();
        let route = self.routes.get(key.as_slice())?.map(|route| route.value());
        match (change.action, route) {
            (KeyAction::Add, None) => self.add(owner, &key, limit),
            (KeyAction::Add, Some((other, _))) if other != owner.0 => Ok(KeyOutcome::Refused),
            (KeyAction::Remove, Some((other, number))) if other == owner.0 => {
                self.remove(owner, &key, number)
            }
            (KeyAction::Add | KeyAction::Remove, _) => Ok(KeyOutcome::NoChange),
        }
    }

    fn add(&mut self, owner: RecipientId, key: &[u8], limit: usize) -> Outcome<KeyOutcome> {
        let length = self.length(owner)?;
        if length >= limit as u64 {
            return Ok(KeyOutcome::Refused);
        }
        let number = next_number(self.transaction, LISTED)?;
        self.routes.insert(key, (owner.0, number))?;
        self.lists.insert((owner.0, number), key)?;
        self.lengths.insert(owner.0, length + 1)?;
        Ok(KeyOutcome::Success)
    }

    fn remove(&mut self, owner: RecipientId, key: &[u8], number: u64) -> Outcome<KeyOutcome> {
        let length = self.length(owner)?;
        self.routes.remove(key)?;
        self.lists.remove((owner.0, number))?;
        self.lengths.insert(owner.0, length.saturating_sub(1))?;
        Ok(KeyOutcome::Success)
    }

    fn length(&self, owner: RecipientId) -> Outcome<u64> {
        Ok(self.lengths.get(owner.0)?.map_or(0, |length| length.value()))
    }

    fn revoke(&mut self, owner: RecipientId) -> Outcome<()> {
        let rows = self.lists.range((owner.0, 0)..=(owner.0, u64::MAX))?;
        let keys: Vec<(u64, Vec<u8>)> = rows
            .map(|row| row.map(|(key, value)| (key.value().1, value.value().to_vec())))
            .collect::<std::result::Result<_, _>>()?;
        for (number, key) in keys {
            self.remove(owner, &key, number)?;
        }
        self.lengths.remove(owner.0)?;
        Ok(())
    }
}

#[async_trait]
impl Keylists for EmbeddedStore {
    async fn status(&self, owner: RecipientId) -> Result<Mediation> {
        self.registry.read(|transaction| {
            let status =
                transaction.open_table(STATUSES)?.get(owner.0)?.map(|status| status.value());
            Ok(match status {
                Some(GRANTED) => Mediation::Granted,
                Some(DENIED) => Mediation::Denied,
                _ => Mediation::None,
            })
        })
    }

    async fn set_status(&self, owner: RecipientId, status: Mediation) -> Result<()> {
        let write = move |transaction: &WriteTransaction| {
            let mut statuses = transaction.open_table(STATUSES)?;
            match status {
                Mediation::Granted => drop(statuses.insert(owner.0, GRANTED)?),
                Mediation::Denied => drop(statuses.insert(owner.0, DENIED)?),
                Mediation::None => drop(statuses.remove(owner.0)?),
            }
            if status == Mediation::Granted {
                Ok(())
            } else {
                Lists::open(transaction)?.revoke(owner)
            }
        };
        self.registry.write(write).await
    }

    async fn route(&self, destination: &Destination) -> Result<Option<RecipientId>> {
        let key = destination.to_bytes();
        self.registry.read(|transaction| {
            let route = transaction.open_table(ROUTES)?.get(key.as_slice())?;
            Ok(route.map(|route| RecipientId(route.value().0)))
        })
    }

    async fn update(
        &self,
        owner: RecipientId,
        changes: &[KeyChange],
        limit: usize,
    ) -> Result<Vec<KeyOutcome>> {
        let changes = changes.to_vec();
        let write = move |transaction: &WriteTransaction| {
            let mut lists = Lists::open(transaction)?;
            changes.iter().map(|change| lists.apply(owner, change, limit)).collect()
        };
        self.registry.write(write).await
    }

    async fn list(&self, owner: RecipientId, offset: usize, limit: usize) -> Result<KeyPage> {
        self.registry.read(|transaction| {
            let length =
                transaction.open_table(LENGTHS)?.get(owner.0)?.map_or(0, |length| length.value());
            let lists = transaction.open_table(LISTS)?;
            let rows = lists.range((owner.0, 0)..=(owner.0, u64::MAX))?;
            let keys = rows
                .skip(offset)
                .take(limit)
                .map(|row| destination(row?.1.value()))
                .collect::<Outcome<Vec<_>>>()?;
            let shown = offset.saturating_add(keys.len());
            let remaining = usize::try_from(length).unwrap_or(usize::MAX).saturating_sub(shown);
            Ok(KeyPage { keys, remaining })
        })
    }
}

fn destination(bytes: &[u8]) -> Outcome<Destination> {
    Destination::from_bytes(bytes).map_err(|error| redb::Error::Corrupted(error.to_string()))
}
