//! What the servers' settings promise.

use std::collections::{BTreeSet, HashMap};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Value, cmd};
use store::{Result, StoreError};

use crate::connect::check;
use crate::door::OPENING;
use crate::engine::Engine;
use crate::errors::store_error;
use crate::info::Info;
use crate::{ConnectError, RedisStore};

/// The settings on which the promise "accepted means kept" rests; of a cluster's primaries, those that promise least: the weakest
/// persistence, the most replicas that might take over, and the fewest that have to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Primaries that were asked.
    pub primaries: usize,
    /// `appendonly`.
    pub appendonly: bool,
    /// `appendfsync`; `None` if our user may not ask for it.
    pub appendfsync: Option<String>,
    /// Whether `save` has any rule; `None` if our user may not ask for it.
    pub snapshots: Option<bool>,
    /// Replicas that follow.
    pub replicas: u64,
    /// `min-replicas-to-write`; `None` if our user may not ask for it.
    pub min_replicas_to_write: Option<u64>,
    /// `maxmemory` in bytes, 0 for no limit.
    pub maxmemory: u64,
}

/// What that means for mail that was accepted when a server's machine stops, from the weakest to the strongest. Whatever it is, a replica
/// that takes over lacks what its primary had not sent it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// It is in memory alone.
    Nothing,
    /// It is in the last snapshot, if it was there then.
    UpToTheLastSnapshot,
    /// A crash of the machine loses about two seconds; one of the process loses nothing.
    AllButTheLastSeconds,
    /// It is on the disk.
    WhileTheDiskLasts,
}

impl Settings {
    /// The promise that holds. What could not be asked is taken for its default.
    pub fn promise(&self) -> Promise {
        match (self.appendonly, self.appendfsync.as_deref()) {
            (true, Some("always")) => Promise::WhileTheDiskLasts,
            (true, _) => Promise::AllButTheLastSeconds,
            (false, _) if self.snapshots.unwrap_or(true) => Promise::UpToTheLastSnapshot,
            (false, _) => Promise::Nothing,
        }
    }

    fn read(info: &Info, config: Option<&HashMap<String, String>>) -> Self {
        let number = |text: &str| text.parse().unwrap_or(0);
        let setting = |name| config.and_then(|config| config.get(name)).cloned();
        Self {
            primaries: 1,
            appendonly: info.get("aof_enabled") == "1",
            appendfsync: setting("appendfsync"),
            snapshots: setting("save").map(|rules| !rules.trim().is_empty()),
            replicas: number(info.get("connected_slaves")),
            min_replicas_to_write: setting("min-replicas-to-write").map(|text| number(&text)),
            maxmemory: number(info.get("maxmemory")),
        }
    }

    fn weaker(self, other: Self) -> Self {
        let primaries = self.primaries + other.primaries;
        let replicas = self.replicas.max(other.replicas);
        let min_replicas_to_write = self.min_replicas_to_write.min(other.min_replicas_to_write);
        let weaker = if other.promise() < self.promise() { other } else { self };
        Self { primaries, replicas, min_replicas_to_write, ..weaker }
    }
}

impl RedisStore {
    /// Asks every primary, for the check at the start.
    ///
    /// # Errors
    /// If one of them is away.
    pub async fn settings(&self) -> Result<Settings> {
        weakest(&self.engine).await
    }
}

/// The settings of the primary that promises least.
pub(crate) async fn weakest(engine: &Engine) -> Result<Settings> {
    let mut weakest: Option<Settings> = None;
    for node in primaries(engine).await? {
        let settings = settings_of(engine, &node).await?;
        weakest = Some(match weakest {
            None => settings,
            Some(other) => other.weaker(settings),
        });
    }
    weakest.ok_or_else(|| StoreError::Unavailable("no primary is known".to_owned()))
}

/// Refuses a cluster with a primary that is not fit for mail: the server that answered first says nothing about the others. One that is
/// away just now is not waited for.
///
/// # Errors
/// What to change.
pub(crate) async fn check_primaries(engine: &Engine) -> std::result::Result<(), ConnectError> {
    for node in primaries(engine).await.unwrap_or_default() {
        let Ok(mut connection) = open(engine, &node).await else { continue };
        let Ok(info) = ask::<String>(&mut connection, &cmd("INFO")).await else { continue };
        check(&format!("{}:{}", node.0, node.1), engine.address(), &Info::read(&info))?;
    }
    Ok(())
}

type Node = (String, u16);

async fn settings_of(engine: &Engine, node: &Node) -> Result<Settings> {
    let mut connection = open(engine, node).await?;
    let info: String = ask(&mut connection, &cmd("INFO")).await?;
    let names = ["appendfsync", "save", "min-replicas-to-write"];
    // Managed servers and narrow users do not tell.
    let config = ask(&mut connection, cmd("CONFIG").arg("GET").arg(&names)).await.ok();
    Ok(Settings::read(&Info::read(&info), config.as_ref()))
}

/// Who has slots; without a cluster, the server itself.
pub(crate) async fn primaries(engine: &Engine) -> Result<BTreeSet<Node>> {
    let mut away = StoreError::Unavailable("no server is known".to_owned());
    for seed in engine.seeds() {
        if !engine.is_cluster() {
            return Ok(BTreeSet::from([seed.clone()]));
        }
        match slots(engine, seed).await {
            Ok(ranges) => {
                return Ok(ranges.iter().filter_map(|range| primary(range, seed)).collect());
            }
            Err(error) => away = error,
        }
    }
    Err(away)
}

async fn slots(engine: &Engine, seed: &Node) -> Result<Vec<Value>> {
    ask(&mut open(engine, seed).await?, cmd("CLUSTER").arg("SLOTS")).await
}

/// The first server of a line of `CLUSTER SLOTS`. One that does not know its own name is reached where it was asked.
fn primary(range: &Value, asked: &Node) -> Option<Node> {
    let Value::Array(parts) = range else { return None };
    let Value::Array(server) = parts.get(2)? else { return None };
    let host: String = redis::from_redis_value(server.first()?.clone()).unwrap_or_default();
    let port: u16 = redis::from_redis_value(server.get(1)?.clone()).ok()?;
    Some((if host.is_empty() { asked.0.clone() } else { host }, port))
}

pub(crate) async fn open(engine: &Engine, (host, port): &Node) -> Result<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(OPENING));
    engine.door().open((host, *port), config).await.map_err(|error| store_error(&error))
}

pub(crate) async fn ask<T: redis::FromRedisValue>(
    connection: &mut MultiplexedConnection,
    command: &redis::Cmd,
) -> Result<T> {
    command.query_async(connection).await.map_err(|error| store_error(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(aof: u8, config: &[(&str, &str)]) -> Settings {
        let info = format!("aof_enabled:{aof}\r\nconnected_slaves:2\r\nmaxmemory:1000\r\n");
        let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(&Info::read(&info), Some(&config.collect()))
    }

    #[test]
    fn each_row_of_the_table_is_told_from_the_others() {
        let promise = |aof, config: &[(&str, &str)]| settings(aof, config).promise();
        assert_eq!(promise(0, &[("save", "")]), Promise::Nothing);
        assert_eq!(promise(0, &[("save", "3600 1")]), Promise::UpToTheLastSnapshot);
        assert_eq!(promise(1, &[("appendfsync", "everysec")]), Promise::AllButTheLastSeconds);
        assert_eq!(promise(1, &[("appendfsync", "always")]), Promise::WhileTheDiskLasts);
    }

    #[test]
    fn what_may_not_be_asked_is_taken_for_its_default() {
        let unknown = Settings::read(&Info::read("aof_enabled:1\r\n"), None);
        assert_eq!(unknown.promise(), Promise::AllButTheLastSeconds);
        assert_eq!((unknown.appendfsync, unknown.min_replicas_to_write), (None, None));
    }

    #[test]
    fn the_weakest_primary_speaks_for_the_cluster() {
        let strong = settings(1, &[("appendfsync", "always")]);
        let weak = Settings { replicas: 0, ..settings(0, &[("save", "")]) };
        let both = strong.clone().weaker(weak.clone());
        assert_eq!((both.promise(), both.primaries, both.replicas), (Promise::Nothing, 2, 2));
        assert_eq!(weak.weaker(strong).promise(), Promise::Nothing);
    }

    #[test]
    fn a_primary_that_needs_no_replica_speaks_for_the_cluster_whatever_its_disk() {
        let careless = settings(1, &[("appendfsync", "always"), ("min-replicas-to-write", "0")]);
        let careful = settings(0, &[("save", ""), ("min-replicas-to-write", "1")]);
        for both in [careless.clone().weaker(careful.clone()), careful.weaker(careless)] {
            assert_eq!((both.promise(), both.min_replicas_to_write), (Promise::Nothing, Some(0)));
        }
    }
}
