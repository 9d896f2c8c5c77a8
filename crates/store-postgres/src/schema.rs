//! The tables: whether they are there, whether they are ours, and how they come to be.

use tokio::time::{Duration, timeout};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::ConnectError;
use crate::error::chain;
use crate::link::{Dial, Link};

/// What makes each version out of the one before.
const MIGRATIONS: &[&[&str]] = &[&[
    include_str!("sql/tables.sql"),
    include_str!("sql/life.sql"),
    include_str!("sql/shared.sql"),
    include_str!("sql/append.sql"),
    include_str!("sql/append_one.sql"),
    include_str!("sql/peek.sql"),
    include_str!("sql/lease.sql"),
    include_str!("sql/depth.sql"),
    include_str!("sql/acknowledge.sql"),
    include_str!("sql/release.sql"),
    include_str!("sql/watch.sql"),
    include_str!("sql/restore.sql"),
    include_str!("sql/expire.sql"),
    include_str!("sql/forget.sql"),
    include_str!("sql/sweep.sql"),
    include_str!("sql/presence.sql"),
    include_str!("sql/keylists.sql"),
    include_str!("sql/connections.sql"),
    include_str!("sql/queue.sql"),
    include_str!("sql/cache.sql"),
]];

const OLDEST_SERVER: i32 = 150_000;
/// How long another instance may take to make the tables.
const OTHERS: Duration = Duration::from_secs(60);

/// Sees to it that the schema is there, in the version that this program knows.
pub(crate) async fn prepare(dial: &Dial, schema: &str) -> Result<(), ConnectError> {
    let mut link = Link::open(dial).await.map_err(|error| ConnectError::of(&error))?;
    let work = Work { client: link.client(), schema };
    timeout(OTHERS * 2, work.prepare())
        .await
        .map_err(|_| ConnectError::Unreachable("the server does not answer".to_owned()))?
}

struct Work<'a> {
    client: &'a mut Client,
    schema: &'a str,
}

impl Work<'_> {
    async fn prepare(mut self) -> Result<(), ConnectError> {
        self.check_server().await?;
        if self.version().await? < newest() {
            self.migrate().await?;
        }
        self.check_rights().await
    }

    async fn check_server(&self) -> Result<(), ConnectError> {
        let sql = "select current_setting('server_version_num')::int, current_setting('server_version'), \
                   pg_is_in_recovery() or current_setting('transaction_read_only')::bool";
        let row = self.client.query_one(sql, &[]).await.map_err(|error| self.sort(&error))?;
        if row.get::<_, i32>(0) < OLDEST_SERVER {
            return Err(ConnectError::TooOld(row.get(1)));
        }
        if row.get(2) { Err(ConnectError::ReadOnly) } else { Ok(()) }
    }

    /// The schema's version: 0 if it is not there.
    async fn version(&self) -> Result<i32, ConnectError> {
        let sql = "select exists (select from pg_catalog.pg_tables where schemaname = $1 and tablename = 'schema_version')";
        let row = self.client.query_one(sql, &[&self.schema]).await;
        if !row.map_err(|error| self.sort(&error))?.get::<_, bool>(0) {
            return Ok(0);
        }
        // By its full name: a user who may not enter the schema is told so.
        let sql = format!("select version from {}.schema_version", self.schema);
        let row = self.client.query_one(&sql, &[]).await;
        let found = row.map_err(|error| self.sort(&error))?.get(0);
        let known = newest();
        if found > known {
            return Err(ConnectError::NewerSchema { schema: self.schema.to_owned(), found, known });
        }
        Ok(found)
    }

    /// One transaction, one instance at a time.
    async fn migrate(&mut self) -> Result<(), ConnectError> {
        let lock = format!(
            "begin; set local statement_timeout = {}; \
             select pg_advisory_xact_lock(hashtextextended('restante schema {}', 0))",
            OTHERS.as_millis(),
            self.schema
        );
        self.run(&lock).await?;
        let found = self.version().await?;
        self.make_schema().await?;
        for version in found..newest() {
            for part in MIGRATIONS[usize::try_from(version).unwrap_or_default()] {
                self.run(part).await?;
            }
        }
        self.run(&format!(
            "delete from schema_version; insert into schema_version values ({})",
            newest()
        ))
        .await?;
        self.run("commit").await?;
        tracing::info!(schema = self.schema, version = newest(), "the PostgreSQL schema is made");
        Ok(())
    }

    /// Who has the schema need not have the right to make one.
    async fn make_schema(&self) -> Result<(), ConnectError> {
        let sql = "select exists (select from pg_catalog.pg_namespace where nspname = $1)";
        let row = self.client.query_one(sql, &[&self.schema]).await;
        if !row.map_err(|error| self.sort(&error))?.get::<_, bool>(0) {
            self.run(&format!("create schema {}", self.schema)).await?;
        }
        self.run("create table if not exists schema_version (version int not null)").await
    }

    async fn check_rights(&self) -> Result<(), ConnectError> {
        let sql = "select c.relname::text from pg_catalog.pg_class c \
                   join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
                   where n.nspname = $1 and c.relkind = 'r' and (not has_schema_privilege(n.oid, 'usage') \
                   or not has_table_privilege(c.oid, 'select') or not has_table_privilege(c.oid, 'insert') \
                   or not has_table_privilege(c.oid, 'update') or not has_table_privilege(c.oid, 'delete')) limit 1";
        match self
            .client
            .query_opt(sql, &[&self.schema])
            .await
            .map_err(|error| self.sort(&error))?
        {
            None => Ok(()),
            Some(table) => {
                Err(self.rights(&format!("no full access to table {}", table.get::<_, String>(0))))
            }
        }
    }

    async fn run(&self, sql: &str) -> Result<(), ConnectError> {
        self.client.batch_execute(sql).await.map_err(|error| self.sort(&error))
    }

    fn sort(&self, error: &tokio_postgres::Error) -> ConnectError {
        match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => self.rights(&chain(error)),
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => ConnectError::ReadOnly,
            _ => ConnectError::of(error),
        }
    }

    fn rights(&self, what: &str) -> ConnectError {
        ConnectError::Rights(what.to_owned(), self.schema.to_owned())
    }
}

fn newest() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}
