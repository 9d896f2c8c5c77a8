use async_trait::async_trait;
use store::{Claimant, Epoch, Location, Presence, RecipientId, Result, Role, Timestamp};

use crate::PostgresStore;
use crate::values::{amount, column, number};

#[async_trait]
impl Presence for PostgresStore {
    async fn claim(&self, owner: RecipientId, claimant: &Claimant) -> Result<Epoch> {
        let postman = claimant.role == Role::Postman;
        let sql = "select claim($1, $2, $3) as given";
        let row = self.engine.pool.row(sql, &[&&owner.0[..], &claimant.instance, &postman]).await?;
        Ok(Epoch(column::<i64>(&row, "given")?.cast_unsigned()))
    }

    async fn claim_vacant(
        &self,
        owner: RecipientId,
        claimant: &Claimant,
        now: Timestamp,
    ) -> Result<Option<Epoch>> {
        let postman = claimant.role == Role::Postman;
        let sql = "select claim_vacant($1, $2, $3, $4) as given";
        let parameters = (&owner.0[..], &claimant.instance, amount(now.0));
        let row = self
            .engine
            .pool
            .row(sql, &[&parameters.0, parameters.1, &postman, &parameters.2])
            .await?;
        Ok(column::<Option<i64>>(&row, "given")?.map(|given| Epoch(given.cast_unsigned())))
    }

    async fn renew(&self, instance: &str, until: Timestamp) -> Result<()> {
        let sql = "select renew($1, $2, $3)";
        let parameters = (amount(until.0), self.engine.now());
        self.engine.pool.rows(sql, &[&instance, &parameters.0, &parameters.1]).await.map(drop)
    }

    async fn release(&self, owner: RecipientId, epoch: Epoch) -> Result<()> {
        let sql = "select give_up($1, $2)";
        self.engine.pool.rows(sql, &[&&owner.0[..], &number(epoch.0)]).await.map(drop)
    }

    async fn locate(&self, owner: RecipientId, now: Timestamp) -> Result<Option<Location>> {
        let sql = "select epoch, instance, postman from locate($1, $2)";
        let rows = self.engine.pool.rows(sql, &[&&owner.0[..], &amount(now.0)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let role = if column(row, "postman")? { Role::Postman } else { Role::Session };
        let claimant = Claimant { instance: column(row, "instance")?, role };
        let epoch = Epoch(column::<i64>(row, "epoch")?.cast_unsigned());
        Ok(Some(Location { claimant, epoch }))
    }
}
