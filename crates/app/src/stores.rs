//! From a store's URL to a store. A file per engine.

pub mod embedded;
mod login;
mod postgres;
mod redis;

use std::sync::Arc;

use async_trait::async_trait;
use config::{Config, Engine};
use store::{Clock, Stores, Timestamp};

use crate::clock::SystemClock;
use crate::health;

pub use self::redis::queues;

/// What the app wants of an engine beside the traits of `store`.
#[async_trait]
pub trait Server: Send + Sync {
    /// Its own time, asked of it; also its sign of life.
    async fn time(&self) -> store::Result<Timestamp>;

    /// What its settings promise about mail that was accepted.
    async fn promise(&self) -> store::Result<Promise>;
}

/// What an engine's settings promise about mail that was accepted: a row of the table in `docs/topics/many-instances.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The row's name.
    pub row: String,
    /// What can be lost, as a sentence.
    pub loss: String,
    /// What an operator may want to change.
    pub advice: Vec<String>,
}

/// The stores of one mediator, and the servers behind them.
pub struct Opened {
    /// What the mediator works with.
    pub stores: Stores,
    /// The server that keeps mail, if it is one that is shared.
    pub mail: Option<Arc<dyn Server>>,
    /// The server that keeps keylists and connections, if it is another one.
    pub keylists: Option<Arc<dyn Server>>,
}

/// Opens the stores that `config` names.
///
/// # Errors
/// If one of them is damaged, cannot be reached, is in use by another process, or must not be used as it is set.
pub async fn open(config: &Config, clock: &Arc<SystemClock>) -> anyhow::Result<Opened> {
    let (stores, mail) = open_one(config, config.mail_engine(), clock.clone()).await?;
    if let Some(server) = &mail
        && !health::ask(server.as_ref(), Some(clock)).await
    {
        anyhow::bail!("{} does not tell the time", config.mail_engine());
    }
    let Some(engine) = config.keylist_engine() else {
        return Ok(Opened { stores, mail, keylists: None });
    };
    // Redis is the quicker cache, whichever of them it is.
    let prefers_theirs = matches!(engine, Engine::Redis(..));
    let (others, keylists) = open_one(config, engine, clock.clone()).await?;
    let cache = if prefers_theirs { others.cache } else { stores.cache };
    let stores =
        Stores { keylists: others.keylists, connections: others.connections, cache, ..stores };
    Ok(Opened { stores, mail, keylists })
}

type One = (Stores, Option<Arc<dyn Server>>);

async fn open_one(config: &Config, engine: Engine, clock: Arc<dyn Clock>) -> anyhow::Result<One> {
    match engine {
        Engine::Embedded(directory) => Ok((embedded::open(&directory, clock)?, None)),
        Engine::Postgres(url, login) => {
            let (stores, server) = postgres::open(config, &url, &login, clock).await?;
            Ok((stores, Some(server)))
        }
        Engine::Redis(url, login) => {
            let (stores, server) = redis::open(config, &url, &login, clock).await?;
            Ok((stores, Some(server)))
        }
    }
}
