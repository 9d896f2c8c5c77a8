//! PostgreSQL.

use std::sync::Arc;

use anyhow::anyhow;
use async_trait::async_trait;
use config::{Config, Login, PostgresUrl};
use store::{Clock, Stores, Timestamp};
use store_postgres::{ConnectError, Options, PostgresStore};

use super::{Promise, Server, login};
use crate::exit::Misuse;

/// Connects to the database at `url`.
///
/// # Errors
/// Everything that an operator may have to change.
pub async fn open(
    config: &Config,
    url: &PostgresUrl,
    login: &Login,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Stores, Arc<dyn Server>)> {
    let ssl = &config.postgres_ssl;
    let options = Options {
        password: login::password(login)?.map(|password| password.to_string()),
        schema: config.postgres.schema.clone(),
        max_connections: config.postgres.max_connections,
        ca: ssl.cacerts.clone(),
        identity: ssl.certificate.clone().zip(ssl.key.clone()),
        ..Options::new(url.to(login.username.as_deref()))
    };
    let store = PostgresStore::connect(options, clock).await.map_err(explain)?;
    Ok((Stores::of(store.clone()), Arc::new(Postgres(store))))
}

/// What passes by itself is a failure, and worth another start; what an operator has to change is not.
fn explain(error: ConnectError) -> anyhow::Error {
    match error {
        ConnectError::Unreachable(_) | ConnectError::Other(_) => anyhow!("{error}"),
        error => Misuse(error.to_string()).into(),
    }
}

struct Postgres(Arc<PostgresStore>);

#[async_trait]
impl Server for Postgres {
    async fn time(&self) -> store::Result<Timestamp> {
        self.0.time().await
    }

    async fn promise(&self) -> store::Result<Promise> {
        let settings = self.0.settings().await?;
        let (row, loss, advice) = row(settings.promise());
        let mut advice: Vec<_> = advice.iter().map(|text| (*text).to_owned()).collect();
        if !settings.encrypted && !settings.local {
            advice.push(
                "mail is sealed, but everybody on the way sees who gets some: say sslmode=verify-full"
                    .to_owned(),
            );
        }
        Ok(Promise { row: row.to_owned(), loss: loss.to_owned(), advice })
    }
}

/// The row of the table in `docs/topics/many-instances.md`.
fn row(promise: store_postgres::Promise) -> (&'static str, &'static str, &'static [&'static str]) {
    use store_postgres::Promise as P;
    match promise {
        P::Nothing => (
            "postgres, fsync or full_page_writes off",
            "a crash of the server's machine may lose or damage everything",
            &["set fsync = on and full_page_writes = on"],
        ),
        P::AllButTheLastMoment => (
            "postgres, synchronous_commit off",
            "a crash of the server loses the mail of its last moments (three times wal_writer_delay), also what was answered 2xx",
            &["set synchronous_commit = on for this role"],
        ),
        P::WhileTheDiskLasts => (
            "postgres, synchronous_commit on or local, no synchronous standby",
            "nothing by a crash, as long as the server's disk lives; a failover to a standby may lose the mail of the last moments",
            &[],
        ),
        P::OnStandbysToo => (
            "postgres, synchronous_commit on, synchronous_standby_names set",
            "nothing by a crash or a failover to a synchronous standby",
            &[],
        ),
    }
}
