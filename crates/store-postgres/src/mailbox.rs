//! Mail: an act is a function in the database, and one round trip.

use std::time::Duration;

use async_trait::async_trait;
use didcomm::Destination;
use store::{
    Appended, Company, Demand, Depth, Epoch, Holder, Letter, Mail, Mailbox, Manner, Position,
    RecipientId, Result, StoreError, Timestamp, Watch,
};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::acknowledge::Acknowledge;
use crate::append::Append;
use crate::engine::holder;
use crate::values::{amount, column, count, mail, number, time, wanted};

const PEEK: &str = "select * from peek($1, $2, $3, $4, $5)";
const LEASE: &str = "select * from lease($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const DEPTH: &str = "select messages, bytes, oldest, newest from depth($1, $2, $3)";
const WATCH: &str = "select watch($1, $2, $3, $4, $5, $6, $7) as reads";
const EXPIRE: &str = "select expire($1, $2) as removed";

#[async_trait]
impl Mailbox for PostgresStore {
    async fn append(&self, owner: RecipientId, letter: Letter) -> Result<Appended> {
        self.appends.ask(|reply| Append { owner, letter, reply }).await
    }

    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>> {
        let (messages, bytes, key) = wanted(demand);
        let rows = self
            .engine
            .pool
            .rows(PEEK, &[&&owner.0[..], &self.engine.now(), &messages, &bytes, &key])
            .await?;
        rows.iter().map(mail).collect()
    }

    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>> {
        self.check_still_there(owner, holder)?;
        let mut rows = self.lease_rows(owner, holder, until, demand).await?;
        if refusal(&rows)? == Some("unknown")
            && let Holder::Session(epoch) = holder
            && self.engine.bells.is_reader(owner, epoch)
        {
            // The engine came back without its last moments; here nobody has forgotten.
            self.watch_row(owner, epoch, Manner::SHARED, true).await?;
            rows = self.lease_rows(owner, holder, until, demand).await?;
        }
        match refusal(&rows)? {
            None => rows.iter().map(mail).collect(),
            Some(_) => Err(StoreError::Displaced),
        }
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        if ids.is_empty() {
            return Ok(0);
        }
        let ids = ids.to_vec();
        self.acknowledgements.ask(|reply| Acknowledge { owner, ids, by, reply }).await
    }

    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()> {
        if let Holder::Session(epoch) = holder {
            self.engine.bells.leave(owner, epoch);
        }
        self.engine.release(owner, holder, linger).await
    }

    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth> {
        let key = key.map(Destination::to_bytes);
        let rows = self.engine.pool.rows(DEPTH, &[&&owner.0[..], &self.engine.now(), &key]).await?;
        rows.first().map_or_else(|| Ok(Depth::default()), depth)
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch> {
        // Whoever calls may go away in the middle; then the engine is told.
        let arrival = self.engine.leaving.unless_it_arrives(owner, epoch);
        let row = self.watch_row(owner, epoch, manner, false).await;
        let watch = row.and_then(|()| self.engine.bells.watch(owner, epoch, manner.company));
        // One that is displaced is none of the engine's readers, and what it has may linger.
        if matches!(watch, Ok(_) | Err(StoreError::Displaced)) {
            arrival.arrived();
        }
        watch
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        let row = self.engine.pool.row(EXPIRE, &[&amount(now.0), &count(limit)]).await?;
        Ok(usize::try_from(column::<i64>(&row, "removed")?).unwrap_or_default())
    }
}

impl PostgresStore {
    /// A session that dropped its watch is gone, also before the engine knows.
    fn check_still_there(&self, owner: RecipientId, holder: Holder) -> Result<()> {
        match holder {
            Holder::Session(epoch) if self.engine.leaving.contains(owner, epoch) => {
                Err(StoreError::Displaced)
            }
            _ => Ok(()),
        }
    }

    async fn lease_rows(
        &self,
        owner: RecipientId,
        by: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Row>> {
        let (is_session, by) = holder(by);
        let (until, now) = (amount(until.0), self.engine.now());
        let (messages, bytes, key) = wanted(demand);
        let window = count(demand.window);
        self.engine
            .pool
            .rows(
                LEASE,
                &[&&owner.0[..], &is_session, &by, &until, &now, &messages, &bytes, &key, &window],
            )
            .await
    }

    async fn watch_row(
        &self,
        owner: RecipientId,
        epoch: Epoch,
        manner: Manner,
        is_back: bool,
    ) -> Result<()> {
        let (alone, epoch) = (manner.company == Company::Alone, number(epoch.0));
        let (latest, now) = (self.engine.after(manner.linger), self.engine.now());
        let row = self
            .engine
            .pool
            .row(
                WATCH,
                &[&&owner.0[..], &epoch, &alone, &latest, &now, &self.engine.here, &is_back],
            )
            .await?;
        if column(&row, "reads")? { Ok(()) } else { Err(StoreError::Displaced) }
    }
}

fn refusal(rows: &[Row]) -> Result<Option<&str>> {
    rows.first().map_or(Ok(None), |row| column(row, "refusal"))
}

fn depth(row: &Row) -> Result<Depth> {
    let amount = |name| column::<i64>(row, name).map(i64::cast_unsigned);
    let at = |name| column::<Option<i64>>(row, name).map(|at| at.map(time));
    Ok(Depth {
        messages: amount("messages")?,
        bytes: amount("bytes")?,
        oldest: at("oldest")?,
        newest: at("newest")?,
    })
}
