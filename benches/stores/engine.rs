//! The engines, started for the purpose.

use std::sync::Arc;

use servers::{PgSpec, Postgres, RedisServer, RedisSpec};
use store::conformance::ManualClock;
use store::{Stores, Timestamp};
use store_embedded::EmbeddedStore;
use store_postgres::PostgresStore;
use store_redis::RedisStore;
use tempfile::TempDir;

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// What a store stands on. It ends with this value.
pub enum Engine {
    /// A directory of this machine, and its one store.
    Embedded(TempDir, Arc<EmbeddedStore>),
    /// A Redis that syncs before it answers.
    Redis(RedisServer),
    /// A PostgreSQL with the settings of its package.
    Postgres(Postgres),
}

impl Engine {
    /// Their names.
    pub const ALL: [&str; 3] = ["embedded", "redis", "postgres"];

    /// Starts the one of that name.
    ///
    /// # Panics
    /// If it has another name, or what it needs is not installed.
    pub async fn start(name: &str) -> Self {
        match name {
            "embedded" => Self::embedded(),
            "redis" => Self::Redis(RedisServer::start(RedisSpec::durable()).await),
            "postgres" => Self::Postgres(Postgres::start(PgSpec::plain()).await),
            _ => panic!("no such engine: {name}"),
        }
    }

    fn embedded() -> Self {
        let directory = TempDir::new().expect("a directory");
        let options = store_embedded::Options::default();
        let store = EmbeddedStore::open(directory.path(), options, clock()).expect("it opens");
        Self::Embedded(directory, store)
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Embedded(..) => "embedded",
            Self::Redis(_) => "redis",
            Self::Postgres(_) => "postgres",
        }
    }

    /// A store on it, as an instance would have it. The embedded engine has only one.
    ///
    /// # Panics
    /// If the engine refuses.
    pub async fn open(&self) -> Stores {
        match self {
            Self::Embedded(_, store) => Stores::of(store.clone()),
            Self::Redis(server) => {
                let options = store_redis::Options::new(server.url());
                Stores::of(RedisStore::connect(options, clock()).await.expect("it opens"))
            }
            Self::Postgres(server) => {
                let options = store_postgres::Options::new(server.url());
                Stores::of(PostgresStore::connect(options, clock()).await.expect("it opens"))
            }
        }
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOW))
}
