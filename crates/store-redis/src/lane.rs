//! The connections that carry commands.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Value};
use tokio::time::{Instant, timeout};

use crate::door::{Door, OPENING, tcp};
use crate::engine::LIMIT;
use crate::options::Address;

/// How long one server may take to answer one command.
const ANSWER: Duration = Duration::from_millis(1_200);

/// How long a lane may bring no answer at all until it is opened anew.
const SILENCE: Duration = Duration::from_secs(2);

/// How long opening one may take. A cluster's first nodes are tried one after the other.
const OPENED_WITHIN: Duration = Duration::from_secs(5);

/// A connection to a server, or to all servers of a cluster, that many commands share. It connects again by itself. But a client of a
/// cluster that was cut off from all its nodes may wait for itself from then on: so one that brings no answer is opened anew.
#[derive(Clone)]
pub(crate) struct Lane(Arc<Inner>);

struct Inner {
    way: Way,
    link: Mutex<Link>,
    silence: Mutex<Silence>,
}

#[derive(Default)]
struct Silence {
    /// The first command that got no answer since the last one that got one.
    since: Option<Instant>,
    is_opening: bool,
}

/// Where a lane leads.
#[derive(Clone)]
pub(crate) struct Way {
    pub address: Address,
    pub door: Door,
    pub is_cluster: bool,
}

#[derive(Clone)]
enum Link {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Lane {
    /// # Errors
    /// If nobody answers, or nobody lets us in.
    pub async fn open(way: Way) -> RedisResult<Self> {
        let link = Mutex::new(way.open().await?);
        Ok(Self(Arc::new(Inner { way, link, silence: Mutex::default() })))
    }

    /// What the server answers.
    pub async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        let mut link = self.0.link.lock().clone();
        let question = Question(Some(self));
        let answer = match &mut link {
            Link::Single(link) => link.req_packed_command(command).await,
            Link::Cluster(link) => link.req_packed_command(command).await,
        };
        match answer {
            Err(error) if is_silence(&error) => Err(error),
            answer => {
                question.settle();
                answer?.extract_error()
            }
        }
    }

    fn was_silent(&self) {
        let mut silence = self.0.silence.lock();
        let since = *silence.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= SILENCE && !silence.is_opening {
            silence.is_opening = true;
            tokio::spawn(self.clone().open_anew());
        }
    }

    async fn open_anew(self) {
        let link = timeout(OPENED_WITHIN, self.0.way.open()).await;
        *self.0.silence.lock() = Silence::default();
        if let Ok(Ok(link)) = link {
            tracing::debug!("a connection that brought no answers is replaced");
            *self.0.link.lock() = link;
        }
    }
}

/// A command that waits for its answer. Who stops waiting drops it.
struct Question<'a>(Option<&'a Lane>);

impl Question<'_> {
    fn settle(mut self) {
        if let Some(lane) = self.0.take() {
            lane.0.silence.lock().since = None;
        }
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if let Some(lane) = self.0 {
            lane.was_silent();
        }
    }
}

fn is_silence(error: &RedisError) -> bool {
    error.is_io_error() || error.kind() == ErrorKind::ClusterConnectionNotFound
}

impl Way {
    async fn open(&self) -> RedisResult<Link> {
        if self.is_cluster {
            return Ok(Link::Cluster(self.cluster().await?));
        }
        let (host, port) = &self.address.hosts[0];
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(OPENING))
            .set_response_timeout(Some(ANSWER))
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(200))
            .set_number_of_retries(4);
        let client = self.door.client(host, *port)?;
        Ok(Link::Single(ConnectionManager::new_with_config(client, config).await?))
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
}
