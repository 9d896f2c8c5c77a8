//! Everything mediators keep, in a PostgreSQL (15 or newer) that many of them share.
//!
//! Each act of a trait is one function of the schema (`src/sql`, a file per act), called in one round trip. Many connections are not
//! needed: acts of several callers are under way on one at the same time, and appends and acknowledgements that come at the
//! same time share a transaction ([gather]), and so its wait for the disk and its notification.
//!
//! # Mail
//!
//! The row of a mailbox is its lock for appends, which therefore commit in the order of their sequence numbers, and keeps its
//! counts. What is in flight is in unlogged tables under an advisory lock of the mailbox, so that reading writes no log
//! and never waits for an append's disk. Readers look from the start of the mailbox and skip what is in flight.
//!
//! A store rings the sessions of its own process itself. Those of other processes are notified, and only if there are any: commits
//! that notify stand in line for one lock of the server. One connection per process [listens](listener); when it was lost, and every
//! 30 s, the mailboxes that are watched here are looked through.
//!
//! # What a crash of the server forgets
//!
//! What was in flight (it is available again), and of claims, readers and acknowledgements about the last half second. A store
//! that connects again puts its own readers back. Mail survives as the server's settings [promise](Settings::promise). If they promise
//! too little and numbers are counted again, their *incarnation* is another (`src/sql/life.sql`).
#![forbid(unsafe_code)]

mod acknowledge;
mod append;
mod cache;
mod connections;
mod dead_letters;
mod engine;
mod error;
mod evictions;
mod forget;
mod gather;
mod keylists;
mod leaving;
mod link;
mod listener;
mod mailbox;
mod options;
mod pool;
mod presence;
mod queue;
mod schema;
mod settings;
mod tls;
mod values;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

use store::{Bells, Clock, LocalCache, QueueBells, Timestamp};
use tokio::task::JoinHandle;

pub use error::ConnectError;
pub use options::Options;
pub use settings::{Promise, Settings};

use crate::acknowledge::Acknowledge;
use crate::append::Append;
use crate::engine::Engine;
use crate::evictions::Caches;
use crate::gather::Gathering;
use crate::leaving::Leaving;
use crate::link::Dial;
use crate::listener::Ear;
use crate::options::Target;
use crate::pool::Pool;
use crate::queue::{Finish, Push};
use crate::tls::Tls;

/// The store in PostgreSQL. Dropping it cuts its connections.
pub struct PostgresStore {
    engine: Arc<Engine>,
    appends: Gathering<Append>,
    acknowledgements: Gathering<Acknowledge>,
    pushes: Gathering<Push>,
    finishes: Gathering<Finish>,
    tasks: Vec<JoinHandle<()>>,
}

impl PostgresStore {
    /// Connects, makes the schema if it is not there, and listens.
    ///
    /// # Errors
    /// Everything an operator may have to change; see [`ConnectError`]. The data is as it was before then.
    pub async fn connect(
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, ConnectError> {
        let target = Target::of(&options)?;
        let tls = Tls::new(target.tls.as_ref())?;
        let dial = Arc::new(Dial { config: target.config, tls });
        schema::prepare(&dial, &target.schema).await?;
        let ear = Ear::open(&dial, &target.schema).await;
        let ear = ear.map_err(|error| ConnectError::Other(error.to_string()))?;
        let (leaving, gone) = Leaving::new();
        let cache = LocalCache::among_others(clock.clone(), options.cache_bytes);
        let engine = Arc::new(Engine {
            pool: Pool::new(dial.clone(), target.links),
            clock,
            bells: bells(leaving.clone()),
            leaving,
            queue_bells: QueueBells::default(),
            cache: Caches::new(cache),
            here: RandomState::new().hash_one("store").cast_signed(),
            schema: target.schema,
        });
        let mut tasks = vec![
            tokio::spawn(listener::listen(engine.clone(), dial, ear)),
            tokio::spawn(leaving::see_off(engine.clone(), gone)),
            tokio::spawn(forget::forget(engine.clone())),
        ];
        let appends = Gathering::start(&engine, &mut tasks);
        let acknowledgements = Gathering::start(&engine, &mut tasks);
        let pushes = Gathering::start(&engine, &mut tasks);
        let finishes = Gathering::start(&engine, &mut tasks);
        Ok(Arc::new(Self { engine, appends, acknowledgements, pushes, finishes, tasks }))
    }

    /// The server's time, to which the clocks of all instances are set.
    ///
    /// # Errors
    /// If the server is away.
    pub async fn time(&self) -> store::Result<Timestamp> {
        self.engine.time().await
    }
}

fn bells(leaving: Leaving) -> Bells {
    Bells::with_farewell(move |owner, epoch| leaving.begin(owner, epoch))
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
