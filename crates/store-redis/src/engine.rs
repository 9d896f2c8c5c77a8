//! Redis as the stores use it: scripts and commands with a time limit.

use std::time::Duration;

use redis::{Cmd, FromRedisValue, RedisError, RedisResult, Value};
use store::{Result, StoreError, Timestamp};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::connect::{probe, recognise, why};
use crate::door::{Door, OPENING};
use crate::errors::{is_unknown_script, store_error};
use crate::lane::{Lane, Way};
use crate::names::Names;
use crate::options::Address;
use crate::script::{Call, lane_of};
use crate::settings::check_primaries;
use crate::{ConnectError, Options};

/// How long anything may take, waiting for its turn included.
pub(crate) const LIMIT: Duration = Duration::from_millis(1_500);
/// How many connections carry commands. One would nearly do, as commands share it.
const LANES: usize = 2;
/// How many commands may be under way on one connection.
const UNDER_WAY: usize = 1_024;

/// How long a server that is silent is asked again at the start: one whose disk is busy says nothing meanwhile.
const STARTING: Duration = Duration::from_secs(6);

/// A single Redis or a cluster.
pub(crate) struct Engine {
    address: Address,
    door: Door,
    names: Names,
    is_cluster: bool,
    lanes: Vec<Lane>,
    turns: Semaphore,
}

impl Engine {
    /// Recognises what stands at the address, connects to it, and tries whether it lets us do what stores do. A server that is silent
    /// has 6 s; one that refuses has not.
    ///
    /// # Errors
    /// What to change.
    pub async fn connect(options: &Options) -> std::result::Result<Self, ConnectError> {
        let began = Instant::now();
        loop {
            let tried = Instant::now();
            match Self::try_to_connect(options).await {
                Err(ConnectError::Unreachable { .. })
                    if tried.elapsed() >= OPENING && began.elapsed() < STARTING => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_to_connect(options: &Options) -> std::result::Result<Self, ConnectError> {
        let engine = Self::open(options).await?;
        engine.attempt(&probe(&engine.names)).await.map_err(|error| engine.refused(&error))?;
        if engine.is_cluster {
            check_primaries(&engine).await?;
        }
        Ok(engine)
    }

    /// Recognises what stands at the address, and connects to it.
    ///
    /// # Errors
    /// What to change.
    pub async fn open(options: &Options) -> std::result::Result<Self, ConnectError> {
        let (address, names) = (Address::of(options)?, Names::new(&options.prefix)?);
        let door = Door::new(&address, options)?;
        let is_cluster = recognise(&address, &door, &names).await?;
        // One connection hears of mail, one of evictions.
        let lanes = options.max_connections.saturating_sub(2).clamp(1, LANES);
        let turns = Semaphore::new(lanes * UNDER_WAY);
        let way = Way { address: address.clone(), door: door.clone(), is_cluster };
        let mut engine = Self { address, door, names, is_cluster, lanes: Vec::new(), turns };
        for _ in 0..lanes {
            let lane = Lane::open(way.clone()).await.map_err(|error| engine.refused(&error))?;
            engine.lanes.push(lane);
        }
        Ok(engine)
    }

    /// What to change, when something failed at the start.
    pub fn refused(&self, error: &RedisError) -> ConnectError {
        let (host, port) = &self.address.hosts[0];
        why(&format!("{host}:{port}"), &self.names, error)
    }

    /// Where it was looked for.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Names the keys.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Whether it is a cluster.
    pub fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// Opens further connections.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Servers to ask for the others.
    pub fn seeds(&self) -> &[(String, u16)] {
        &self.address.hosts
    }

    /// Runs a script.
    pub async fn call<T: FromRedisValue>(&self, call: Call) -> Result<T> {
        let value = self.within(self.attempt(&call)).await;
        value.map_err(|error| in_script(&call, error))
    }

    /// Runs one command, for calls about the same `key` in their order.
    pub async fn command<T: FromRedisValue>(&self, key: &[u8], command: &Cmd) -> Result<T> {
        self.within(self.send(lane_of(key), command)).await
    }

    /// The time by the engine's clock.
    pub async fn time(&self) -> Result<Timestamp> {
        let (seconds, micros): (u64, u64) = self.command(b"", &redis::cmd("TIME")).await?;
        Ok(Timestamp(seconds * 1_000 + micros / 1_000))
    }

    async fn attempt(&self, call: &Call) -> RedisResult<Value> {
        match self.send(call.lane, &call.command).await {
            Err(error) if is_unknown_script(&error) => {
                self.send(call.lane, &call.with_source()).await
            }
            answer => answer,
        }
    }

    async fn send(&self, lane: usize, command: &Cmd) -> RedisResult<Value> {
        self.lanes[lane % self.lanes.len()].send(command).await
    }

    async fn within<T: FromRedisValue>(
        &self,
        answer: impl Future<Output = RedisResult<Value>>,
    ) -> Result<T> {
        let in_turn = async {
            let _turn = self.turns.acquire().await.map_err(|_| closed())?;
            answer.await.map_err(|error| store_error(&error))
        };
        let value = timeout(LIMIT, in_turn).await.map_err(|_| silent())??;
        redis::from_redis_value(value).map_err(|error| StoreError::Damaged(error.to_string()))
    }
}

fn in_script(call: &Call, error: StoreError) -> StoreError {
    match error {
        StoreError::Damaged(why) => StoreError::Damaged(format!("{}: {why}", call.script.name)),
        other => other,
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("shutting down".to_owned())
}

fn silent() -> StoreError {
    StoreError::Unavailable(format!("no answer within {LIMIT:?}"))
}
