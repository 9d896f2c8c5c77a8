//! What instances share.

use std::net::SocketAddr;
use std::sync::Arc;

use servers::{PgSpec, Postgres, RedisServer, RedisSpec};
use testkit::{Fleet, History, Posted, ServerOptions, Wallet};

/// An engine of a test's own.
pub enum Engine {
    Redis(RedisServer),
    /// A server of its own.
    Postgres(Postgres),
    /// A database on a server that other tests use too.
    Database(String),
    /// A cluster that others use too, under other prefixes.
    Cluster {
        url: String,
        prefix: &'static str,
    },
}

impl Engine {
    /// A Redis that has everything on disk before it answers.
    pub async fn redis() -> Self {
        Self::Redis(RedisServer::start(RedisSpec::durable()).await)
    }

    /// A fresh database.
    pub async fn postgres() -> Self {
        Self::Database(Postgres::shared().await.database().await)
    }

    /// A PostgreSQL that may be killed.
    pub async fn own_postgres() -> Self {
        Self::Postgres(Postgres::start(PgSpec::plain()).await)
    }

    /// Its URL.
    pub fn store(&self) -> String {
        match self {
            Self::Redis(redis) => redis.url(),
            Self::Postgres(postgres) => postgres.url(),
            Self::Database(url) | Self::Cluster { url, .. } => url.clone(),
        }
    }

    /// Options of an instance that uses it.
    pub fn options(&self, settings: &[&str]) -> ServerOptions {
        let options = ServerOptions::with(settings).on(self.store());
        match self {
            Self::Cluster { prefix, .. } => options.and(&[&format!("redis.prefix={prefix}")]),
            _ => options,
        }
    }

    /// Instances that share it.
    pub async fn fleet(&self, count: usize) -> Fleet {
        Fleet::start(count, &self.options(&[])).await
    }

    /// Stops answering; connections stay open.
    pub fn pause(&self) {
        match self {
            Self::Redis(redis) => redis.pause(),
            Self::Postgres(postgres) => postgres.pause(),
            Self::Database(_) | Self::Cluster { .. } => panic!("others use it too"),
        }
    }

    /// Goes on.
    pub fn resume(&self) {
        match self {
            Self::Redis(redis) => redis.resume(),
            Self::Postgres(postgres) => postgres.resume(),
            Self::Database(_) | Self::Cluster { .. } => panic!("others use it too"),
        }
    }

    /// Dies without a warning.
    pub async fn kill(&mut self) {
        match self {
            Self::Redis(redis) => redis.kill().await,
            Self::Postgres(postgres) => postgres.kill().await,
            Self::Database(_) | Self::Cluster { .. } => panic!("others use it too"),
        }
    }

    /// Runs again, after an orderly end if it still ran.
    pub async fn restart(&mut self) {
        match self {
            Self::Redis(redis) => redis.restart().await,
            Self::Postgres(postgres) => postgres.restart().await,
            Self::Database(_) | Self::Cluster { .. } => panic!("others use it too"),
        }
    }
}

/// A wallet that has joined by way of an instance.
pub async fn joined(place: SocketAddr, number: u32, history: &History) -> Arc<Wallet> {
    Arc::new(Wallet::join_at(place, number, history).await)
}

/// A sender that nobody knows, at this place.
pub fn sender_at(place: SocketAddr, history: &History) -> Wallet {
    Wallet::stranger(place, 99, history)
}

/// What comes of handing in message `number`.
pub async fn post(sender: &Wallet, to: &Wallet, number: u32) -> Posted {
    let parcel = testkit::Parcel { to: to.agent().number, number };
    sender.send_envelope(to.agent(), parcel, &parcel.write()).await
}
