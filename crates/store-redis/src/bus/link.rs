//! The connection that waits for entries.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, FromRedisValue, RedisResult};

use super::news::Entries;
use crate::engine::Engine;
use crate::wake::{Node, places};

/// How much longer than it was asked to wait a server may take.
const ANSWER: Duration = Duration::from_secs(1);
/// Entries of each stream that are read at once.
const COUNT: usize = 256;

/// A connection of its own: who waits for entries holds up everything behind.
pub(super) struct Link(MultiplexedConnection);

impl Link {
    /// Opens one to the server that has the bus. `known` grows by what is learnt on the way.
    pub async fn open(engine: &Engine, known: &mut BTreeSet<Node>) -> RedisResult<Self> {
        known.extend(engine.seeds().iter().cloned());
        let mut failure = None;
        for node in known.clone() {
            match Self::find(engine, &node, known).await {
                Ok(link) => return Ok(link),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| std::io::Error::other("no node is known").into()))
    }

    async fn find(engine: &Engine, asked: &Node, known: &mut BTreeSet<Node>) -> RedisResult<Self> {
        let mut link = Self::to(engine, asked).await?;
        if !engine.is_cluster() {
            return Ok(link);
        }
        let slots = link.ask(redis::cmd("CLUSTER").arg("SLOTS")).await?;
        let places = places(&slots, asked, engine.names());
        known.extend(places.iter().flatten().cloned());
        match places.into_iter().next().flatten() {
            Some(node) if node == *asked => Ok(link),
            Some(node) => Self::to(engine, &node).await,
            None => Err(std::io::Error::other("nobody has the slot").into()),
        }
    }

    async fn to(engine: &Engine, (host, port): &Node) -> RedisResult<Self> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWER * 2));
        let opening = engine.door().open((host, *port), config);
        let connection =
            tokio::time::timeout(ANSWER * 2, opening).await.map_err(|_| silent())??;
        Ok(Self(connection))
    }

    /// Reads what came behind these places; waits for something for so long.
    pub async fn read(
        &mut self,
        streams: [(&[u8], String); 3],
        wait: Duration,
    ) -> RedisResult<Entries> {
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(COUNT);
        if !wait.is_zero() {
            command.arg("BLOCK").arg(wait.as_millis() as u64);
        }
        command.arg("STREAMS");
        for (name, _) in &streams {
            command.arg(*name);
        }
        for (_, place) in &streams {
            command.arg(place);
        }
        let answer: Option<Entries> = self.ask(&command).await?;
        Ok(answer.unwrap_or_default())
    }

    async fn ask<T: FromRedisValue>(&mut self, command: &redis::Cmd) -> RedisResult<T> {
        let value = self.0.send_packed_command(command).await?.extract_error()?;
        Ok(redis::from_redis_value(value)?)
    }
}

fn silent() -> redis::RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}
