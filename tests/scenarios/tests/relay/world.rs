use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use acapy::wire::{KeyList, Maps, payload};
use bytes::Bytes;
use didcomm::{SecretKey, VerKey, seal_anon};
use redis::AsyncCommands;
use redis::cluster_async::ClusterConnection;
use redis::streams::StreamRangeReply;
use serde_json::json;
use servers::{RedisCluster, RedisServer, RedisSpec};
use testkit::{Role, Server, ServerOptions};
use tokio::time::{Instant, sleep};

use crate::plugin::connect;

/// A Redis in cluster mode.
pub enum Engine {
    OneNode(Box<RedisServer>),
    SixNodes(RedisCluster),
}

impl Engine {
    pub async fn one_node() -> Self {
        Self::OneNode(Box::new(RedisServer::start_as_cluster(RedisSpec::plain()).await))
    }

    /// One node that has everything on disk before it answers.
    pub async fn durable() -> Self {
        let server = RedisServer::start_as_cluster(RedisSpec::durable()).await;
        Self::OneNode(Box::new(server))
    }

    pub async fn six_nodes() -> Self {
        Self::SixNodes(RedisCluster::start().await)
    }

    pub fn url(&self) -> String {
        match self {
            Self::OneNode(server) => server.url(),
            Self::SixNodes(cluster) => cluster.url(),
        }
    }

    /// The server of [`Engine::one_node`].
    pub fn server(&self) -> &RedisServer {
        match self {
            Self::OneNode(server) => server,
            Self::SixNodes(_) => panic!("it has six"),
        }
    }

    /// The same, to be killed and started.
    pub fn server_mut(&mut self) -> &mut RedisServer {
        match self {
            Self::OneNode(server) => server,
            Self::SixNodes(_) => panic!("it has six"),
        }
    }

    pub async fn client(&self) -> ClusterConnection {
        connect(&self.url()).await
    }
}

/// A relay that does not wait long for anything.
pub fn options(engine: &Engine) -> ServerOptions {
    ServerOptions::relay(&["relay.look_every=200ms", "relay.silence=3s"])
        .variable("REDIS_SERVER_URL", &engine.url())
}

pub async fn relay(engine: &Engine) -> Server {
    Server::start_with(options(engine)).await
}

/// One process that relays and delivers, and does not wait long for anything.
pub fn with_deliverer(engine: &Engine) -> ServerOptions {
    let impatient = ["deliverer.retry_first=100ms", "relay.admin_timeout=20s"];
    ServerOptions { role: Role::RelayAndDeliverer, ..options(engine) }.and(&impatient)
}

/// Does what the plug-in does when its agent sends something.
pub async fn push(redis: &mut ClusterConnection, url: &str, body: &str) {
    let payload = payload::encode(body.as_bytes());
    let entry = json!({"service": {"url": url}, "payload": payload, "headers": {}});
    let _: () = redis.rpush("acapy_outbound", entry.to_string()).await.expect("Redis answers");
}

/// The reasons why messages are tried no more.
pub async fn dead_letters(redis: &mut ClusterConnection) -> Vec<String> {
    let dead: StreamRangeReply =
        redis.xrange_all("{acapy_outbound}:dead").await.expect("Redis answers");
    dead.ids.iter().map(|letter| letter.get("reason").expect("a reason")).collect()
}

pub fn key() -> VerKey {
    SecretKey::generate().verkey()
}

pub fn envelope(text: &str, keys: &[VerKey]) -> Bytes {
    seal_anon(text.as_bytes(), keys).expect("it seals").into_bytes()
}

/// One client for all: each would read the certificates of this machine again. It keeps no connections, as tests end before it does.
pub fn http() -> &'static reqwest::Client {
    static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
        reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client")
    });
    &HTTP
}

/// Posts, and says what the status was; 0 if there was none.
pub async fn post(relay: &Server, body: impl Into<Bytes>) -> u16 {
    let request = http()
        .post(relay.url())
        .header("content-type", "application/ssi-agent-wire")
        .body(reqwest::Body::from(body.into()));
    request.send().await.map_or(0, |response| response.status().as_u16())
}

/// Posts `count` envelopes for a key, one after the other, and returns them.
pub async fn post_some(relay: &Server, to: VerKey, count: usize) -> Vec<Vec<u8>> {
    let mut posted = Vec::new();
    for number in 0..count {
        let envelope = envelope(&number.to_string(), &[to]);
        assert_eq!(post(relay, envelope.clone()).await, 200);
        posted.push(envelope.to_vec());
    }
    posted
}

pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so().await {
        assert!(Instant::now() < deadline, "it does not come to this: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Which instances poll each key.
pub async fn pollers(redis: &ClusterConnection) -> BTreeMap<String, Vec<String>> {
    let mut redis = redis.clone();
    let lists: BTreeMap<String, String> =
        redis.hgetall(Maps::KEYS_OF_UID).await.expect("Redis answers");
    let mut pollers = BTreeMap::<_, Vec<_>>::new();
    for (uid, list) in lists {
        for kid in KeyList::from_text(list.as_bytes()).expect("a list of keys").0 {
            pollers.entry(kid).or_default().push(uid.clone());
        }
    }
    pollers
}

/// Which instance has each key.
pub async fn owners(redis: &ClusterConnection) -> BTreeMap<String, String> {
    redis.clone().hgetall(Maps::UID_OF_KEY).await.expect("Redis answers")
}

/// Whether each of these keys is polled by the one instance that has it, and by no other.
pub async fn agree(redis: &ClusterConnection, keys: &[VerKey]) -> bool {
    let (pollers, owners) = (pollers(redis).await, owners(redis).await);
    keys.iter().map(ToString::to_string).all(|kid| {
        owners.get(&kid).is_some_and(|uid| pollers.get(&kid) == Some(&vec![uid.clone()]))
    })
}
