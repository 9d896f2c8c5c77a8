//! Redis as the stores use it: scripts and commands with a time limit.

use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, RedisError, RedisFuture, RedisResult, Value};
use store::{Result, StoreError, Timestamp};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::connect::{probe, recognise, why};
use crate::door::{Door, OPENING, tcp};
use crate::errors::{is_unknown_script, store_error};
use crate::names::Names;
use crate::options::Address;
use crate::script::{Call, lane_of};
use crate::{ConnectError, Options};

/// How long anything may take, waiting for its turn included.
const LIMIT: Duration = Duration::from_millis(1_500);
/// How long one server may take to answer one command.
const ANSWER: Duration = Duration::from_millis(1_200);
/// How many connections carry commands. One would nearly do, as commands share it.
const LANES: usize = 2;
/// How many commands may be under way on one connection.
const UNDER_WAY: usize = 1_024;

/// A single Redis or a cluster.
pub(crate) struct Engine {
    address: Address,
    door: Door,
    names: Names,
    is_cluster: bool,
    lanes: Vec<Lane>,
    turns: Semaphore,
}

#[derive(Clone)]
enum Lane {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Engine {
    /// Recognises what stands at the address, connects to it, and tries whether it lets us do what stores do.
    ///
    /// # Errors
    /// What to change.
    pub async fn connect(options: &Options) -> std::result::Result<Self, ConnectError> {
        let engine = Self::open(options).await?;
        engine.attempt(&probe(&engine.names)).await.map_err(|error| engine.refused(&error))?;
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
        // One connection is the listener's.
        let lanes = options.max_connections.saturating_sub(1).clamp(1, LANES);
        let turns = Semaphore::new(lanes * UNDER_WAY);
        let mut engine = Self { address, door, names, is_cluster, lanes: Vec::new(), turns };
        for _ in 0..lanes {
            let lane = engine.lane().await.map_err(|error| engine.refused(&error))?;
            engine.lanes.push(lane);
        }
        Ok(engine)
    }

    /// What to change, when something failed at the start.
    pub fn refused(&self, error: &RedisError) -> ConnectError {
        let (host, port) = &self.address.hosts[0];
        why(&format!("{host}:{port}"), &self.names, error)
    }

    async fn lane(&self) -> RedisResult<Lane> {
        if self.is_cluster {
            return Ok(Lane::Cluster(self.cluster().await?));
        }
        let (host, port) = &self.address.hosts[0];
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(OPENING))
            .set_response_timeout(Some(ANSWER))
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(200))
            .set_number_of_retries(4);
        let client = self.door.client(host, *port)?;
        Ok(Lane::Single(ConnectionManager::new_with_config(client, config).await?))
    }

    async fn cluster(&self) -> RedisResult<ClusterConnection> {
        let nodes = self.address.hosts.iter();
        let nodes = nodes
            .map(|(host, port)| Ok(self.door.client(host, *port)?.get_connection_info().clone()));
        let nodes = nodes.collect::<RedisResult<Vec<_>>>()?;
        let mut builder = ClusterClientBuilder::new(nodes)
            .tcp_settings(tcp())
            .connection_timeout(OPENING / 2)
            .response_timeout(ANSWER)
            .overall_response_timeout(Some(LIMIT))
            .retries(8)
            .min_retry_wait(20)
            .max_retry_wait(200);
        if let Some(certificates) = self.door.certificates() {
            builder = builder.certs(certificates);
        }
        builder.build()?.get_async_connection().await
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
        let mut lane = self.lanes[lane % self.lanes.len()].clone();
        lane.req_packed_command(command).await?.extract_error()
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

impl ConnectionLike for Lane {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(lane) => lane.req_packed_command(command),
            Self::Cluster(lane) => lane.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(lane) => lane.req_packed_commands(pipeline, offset, count),
            Self::Cluster(lane) => lane.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(lane) => lane.get_db(),
            Self::Cluster(lane) => lane.get_db(),
        }
    }
}
