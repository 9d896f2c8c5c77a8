use async_trait::async_trait;
use didcomm::Destination;
use store::{KeyAction, KeyChange, KeyOutcome, KeyPage, Keylists, Mediation, RecipientId, Result};

use crate::PostgresStore;
use crate::pool::damaged;
use crate::values::{column, count, destination, owner};

#[async_trait]
impl Keylists for PostgresStore {
    async fn status(&self, owner: RecipientId) -> Result<Mediation> {
        let sql = "select granted from mediations where owner = $1";
        let rows = self.engine.pool.rows(sql, &[&&owner.0[..]]).await?;
        Ok(match rows.first().map(|row| column(row, "granted")).transpose()? {
            None => Mediation::None,
            Some(true) => Mediation::Granted,
            Some(false) => Mediation::Denied,
        })
    }

    async fn set_status(&self, owner: RecipientId, status: Mediation) -> Result<()> {
        let granted = match status {
            Mediation::None => None,
            Mediation::Granted => Some(true),
            Mediation::Denied => Some(false),
        };
        let sql = "select set_mediation($1, $2)";
        self.engine.pool.rows(sql, &[&&owner.0[..], &granted]).await.map(drop)
    }

    async fn route(&self, destination: &Destination) -> Result<Option<RecipientId>> {
        let sql = "select owner from routes where destination = $1";
        let rows = self.engine.pool.rows(sql, &[&destination.to_bytes()]).await?;
        rows.first().map(|row| owner(column(row, "owner")?)).transpose()
    }

    async fn update(
        &self,
        owner: RecipientId,
        changes: &[KeyChange],
        limit: usize,
    ) -> Result<Vec<KeyOutcome>> {
        let keys: Vec<_> = changes.iter().map(|change| change.destination.to_bytes()).collect();
        let adds: Vec<_> = changes.iter().map(|change| change.action == KeyAction::Add).collect();
        let sql = "select update_keys($1, $2, $3, $4) as outcomes";
        let parameters = (&owner.0[..], count(limit));
        let row = self.engine.pool.row(sql, &[&parameters.0, &keys, &adds, &parameters.1]).await?;
        column::<&str>(&row, "outcomes")?.bytes().map(outcome).collect()
    }

    async fn list(&self, owner: RecipientId, offset: usize, limit: usize) -> Result<KeyPage> {
        let sql = "select destination, total from list_keys($1, $2, $3)";
        let rows =
            self.engine.pool.rows(sql, &[&&owner.0[..], &count(offset), &count(limit)]).await?;
        let (mut keys, mut total) = (Vec::new(), 0);
        for row in &rows {
            match column::<Option<&[u8]>>(row, "destination")? {
                Some(key) => keys.push(destination(key)?),
                None => total = usize::try_from(column::<i64>(row, "total")?).unwrap_or(0),
            }
        }
        let shown = offset.saturating_add(keys.len());
        Ok(KeyPage { keys, remaining: total.saturating_sub(shown) })
    }
}

fn outcome(letter: u8) -> Result<KeyOutcome> {
    match letter {
        b's' => Ok(KeyOutcome::Success),
        b'n' => Ok(KeyOutcome::NoChange),
        b'r' => Ok(KeyOutcome::Refused),
        _ => Err(damaged("an outcome of another version")),
    }
}
