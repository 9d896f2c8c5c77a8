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
    /// The one store of a directory, and the directory.
    Embedded(Arc<EmbeddedStore>, TempDir),
    /// A Redis that syncs before it answers.
    Redis(RedisServer),
    /// A PostgreSQL with its own defaults, `shared_buffers` of 128 MB among them.
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
            "postgres" => Self::Postgres(
                Postgres::start(PgSpec::plain().with("shared_buffers", "128MB")).await,
            ),
            _ => panic!("no such engine: {name}"),
        }
    }

    fn embedded() -> Self {
        let directory = TempDir::new().expect("a directory");
        let options = store_embedded::Options::default();
        let store = EmbeddedStore::open(directory.path(), options, clock()).expect("it opens");
        Self::Embedded(store, directory)
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
            Self::Embedded(store, _) => Stores::of(store.clone()),
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
