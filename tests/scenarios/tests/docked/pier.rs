//! Docks of ours, mediators behind them, and a store that the mediators share.

use std::net::SocketAddr;
use std::sync::Arc;

use servers::{Balancer, Postgres, RedisCluster, RedisServer, RedisSpec};
use testkit::{Fleet, History, Load, Plan, Server, ServerOptions, Wallet};

use crate::harbour::{any_address, before};
use crate::ways::Proof;

pub const KEY: &str = "a-key-of-docks-that-nobody-guesses";
const BEARER: &str = "a-key-of-mediators-that-nobody-guesses";

/// What the mediators share.
pub enum Engine {
    Redis(Box<RedisServer>),
    Cluster(RedisCluster),
    /// A database on a server that other tests use too.
    Database(String),
}

impl Engine {
    /// A Redis that has everything on disk before it answers.
    pub async fn redis() -> Self {
        Self::Redis(Box::new(RedisServer::start(RedisSpec::durable()).await))
    }

    /// Six nodes that do so.
    pub async fn cluster() -> Self {
        Self::Cluster(RedisCluster::start_with(RedisSpec::durable()).await)
    }

    /// A fresh database.
    pub async fn postgres() -> Self {
        Self::Database(Postgres::shared().await.database().await)
    }

    fn url(&self) -> String {
        match self {
            Self::Redis(redis) => redis.url(),
            Self::Cluster(cluster) => cluster.url(),
            Self::Database(url) => url.clone(),
        }
    }
}

/// All of it.
pub struct Pier {
    pub docks: Vec<Server>,
    pub mediators: Fleet,
    pub engine: Engine,
    /// Before the mediators, if docks call them. Else everything goes by way of the store.
    pub balancer: Option<Balancer>,
}

impl Pier {
    /// Docks that sign what they tell, a load balancer behind them, and mediators that show the docks' key.
    pub async fn signed(docks: usize, mediators: usize) -> Self {
        Self::signed_with(docks, mediators, &[]).await
    }

    /// The same, the mediators with settings of their own.
    pub async fn signed_with(docks: usize, mediators: usize, of_mediators: &[&str]) -> Self {
        let engine = Engine::redis().await;
        let doors: Vec<_> = (0..mediators).map(|_| any_address()).collect();
        let balancer = Balancer::haproxy_with(|listen| before(listen, &doors)).await;
        let behind = |door| believes(KEY, door).on(engine.url()).and(of_mediators);
        let mediators = Fleet::start_each(doors.iter().copied().map(behind).collect()).await;
        let docks = start(docks, &signs(KEY, balancer.address())).await;
        Self { docks, mediators, engine, balancer: Some(balancer) }
    }

    /// Docks and mediators with nothing between them but the store; the docks with these settings.
    pub async fn native(engine: Engine, docks: usize, cores: usize, settings: &[&str]) -> Self {
        Self::native_with(engine, docks, cores, settings, &[]).await
    }

    /// The same, the mediators with settings of their own.
    pub async fn native_with(
        engine: Engine,
        docks: usize,
        cores: usize,
        settings: &[&str],
        of_cores: &[&str],
    ) -> Self {
        let core = ServerOptions::with(&["docks.core=true"]).on(engine.url()).and(of_cores);
        let mediators = Fleet::start(cores, &core).await;
        let docks = start(docks, &ServerOptions::dock(settings).on(engine.url())).await;
        Self { docks, mediators, engine, balancer: None }
    }

    /// The Redis that they share.
    ///
    /// # Panics
    /// If it is something else.
    pub fn redis(&mut self) -> &mut RedisServer {
        match &mut self.engine {
            Engine::Redis(redis) => redis,
            Engine::Cluster(_) | Engine::Database(_) => panic!("they share no single Redis"),
        }
    }

    /// The keys of queues in it that begin so, and hold something.
    ///
    /// # Panics
    /// As [`Pier::redis`].
    pub async fn queues(&self, beginning: &str) -> Vec<String> {
        let Engine::Redis(redis) = &self.engine else { panic!("they share no single Redis") };
        let keys = redis.cli(&["--scan", "--pattern", &format!("*{beginning}*jobs")]).await;
        keys.lines().filter(|key| key.contains("jobs")).map(str::to_owned).collect()
    }

    /// What shows that mail has arrived at a dock that nobody acknowledges.
    pub fn proof(&self) -> Proof {
        if self.balancer.is_some() { Proof::Answers } else { Proof::Pongs }
    }

    /// Where wallets dial.
    pub fn places(&self) -> Vec<SocketAddr> {
        self.docks.iter().map(Server::address).collect()
    }

    /// Where envelopes are handed in.
    pub fn gates(&self) -> Vec<SocketAddr> {
        if self.balancer.is_some() { self.mediators.addresses() } else { self.places() }
    }

    /// Wallets that have joined, each at another mediator.
    pub async fn wallets(&self, count: u32, history: &History) -> Vec<Arc<Wallet>> {
        let mut wallets = Vec::new();
        for number in 0..count {
            let place = self.mediators.addresses()[number as usize % self.mediators.len()];
            wallets.push(Arc::new(Wallet::join_at(place, number, history).await));
        }
        wallets
    }

    /// Wallets that are live at the docks while they are written to.
    pub async fn load(&self, history: &History) -> Load {
        let plan = Plan { docked: true, ..Plan::default() };
        let wallets = self.wallets(plan.wallets, history).await;
        Load::apart(wallets, &self.places(), &self.gates(), plan, history).await
    }
}

/// A mediator that believes docks with this key.
pub fn believes(key: &str, door: SocketAddr) -> ServerOptions {
    ServerOptions::with(&[&format!("docks.listen={door}")])
        .variable("RESTANTE_DOCKS__KEYS", key)
        .variable("RESTANTE_DOCKS__BEARER", BEARER)
}

/// A dock with this key before mediators that are called there.
pub fn signs(key: &str, mediators: SocketAddr) -> ServerOptions {
    let uri = |what: &str| format!("dock.{what}_uri=http://{mediators}/dock/{what}");
    let [connect, message, disconnect] = ["connect", "message", "disconnect"].map(uri);
    ServerOptions::dock(&["dock.backend=http", &connect, &message, &disconnect])
        .variable("RESTANTE_DOCK__KEYS", key)
        .variable("RESTANTE_DOCK__BEARER", BEARER)
}

async fn start(count: usize, options: &ServerOptions) -> Vec<Server> {
    let mut docks = Vec::new();
    for _ in 0..count {
        docks.push(Server::start_with(options.clone()).await);
    }
    docks
}
