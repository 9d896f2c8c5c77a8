//! What the processes that share a Redis tell each other, beside mail: that cached entries are void, and that queues have work.
//!
//! All keys are in one slot:
//!
//! | key | holds |
//! | --- | --- |
//! | `log` | a stream of evictions |
//! | `heard:<process>` | a stream: who has done what the log says, up to which entry; for the one who waits for it |
//! | `wakes` | a stream of the names of queues that got work |
//! | `readers` | a sorted set of processes by their last sign of life |
//! | `spaces` | a hash: how often each space of the cache was cleared |
//!
//! They are streams and no channels, because a process that reads a stream knows what it has not heard. It reads with a connection of
//! its own that waits for entries. Each half second it shows life and learns the last entries there are; when it has read up to there,
//! its tier of the cache is trusted for [`TRUST`] *from the moment before it asked*. Who evicts waits until all that have shown life
//! within [`LIVING`] have heard of it, or have shown no life for so long that their trust must have ended.
//!
//! A log that ends before the last entry that was read has lost something in a failover: then nothing here is trusted until all was
//! forgotten. An eviction that was lost so before all heard of it is told again, because somebody who lives is missing.

mod link;
mod listen;
mod news;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use store::{CacheKey, Clock, LocalCache, QueueBells, QueueName, Result, StoreError};
use tokio::sync::watch;

pub(crate) use self::listen::Listener as BusListener;
use self::news::Place;
use crate::doubts::random;
use crate::engine::Engine;
use crate::script::script;

script!(TELL, "allow_oom.lua", "bus_tell.lua");

/// For how long a process answers from its own tier after it was sure that it heard everything.
const TRUST: Duration = Duration::from_secs(2);
/// A process that has shown no life for so long trusts nothing: a little longer than [`TRUST`], as clocks differ.
const LIVING: Duration = Duration::from_millis(2_300);
/// How often somebody who does not answer is told again.
const ROUNDS: usize = 1;
/// Entries of the log that are kept; far more than come while a process is trusted.
const LOG: usize = 10_000;
/// Names of queues that are kept.
const WAKES: usize = 1_000;
/// Bytes of the tier in this process.
const LOCAL: u64 = 16 << 20;
/// More who have heard something are not remembered.
const MANY: usize = 4_096;

/// How often each space was cleared. It is part of the names of its entries.
pub(crate) type Generations = BTreeMap<Vec<u8>, u64>;

pub(crate) struct Bus {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    /// Names this process.
    me: String,
    /// What this process remembers of the cache.
    pub local: LocalCache,
    pub bells: QueueBells,
    generations: RwLock<Generations>,
    heard: watch::Sender<HashMap<String, Place>>,
}

impl Bus {
    pub fn new(engine: Arc<Engine>, clock: Arc<dyn Clock>) -> Self {
        Self {
            local: LocalCache::among_others(clock.clone(), LOCAL),
            engine,
            clock,
            me: format!("{:016x}", random()),
            bells: QueueBells::default(),
            generations: RwLock::default(),
            heard: watch::Sender::default(),
        }
    }

    /// How often this space was cleared; `None` if that may have changed without being heard of.
    pub fn generation(&self, space: &[u8]) -> Option<u64> {
        let generation = self.generations.read().get(space).copied().unwrap_or(0);
        self.local.is_trusted().then_some(generation)
    }

    /// The same of all spaces, from the engine.
    pub async fn generations(&self) -> Result<Generations> {
        let spaces = self.key("spaces");
        self.engine.command(&spaces, redis::cmd("HGETALL").arg(&spaces)).await
    }

    /// Tells all processes that these entries are void.
    pub async fn tell(&self, keys: &[CacheKey]) -> Result<Told> {
        let keys: Vec<&[u8]> = keys.iter().map(CacheKey::as_bytes).collect();
        self.say("", &keys).await
    }

    /// Tells all processes that a space is cleared.
    pub async fn tell_of_space(&self, space: &str) -> Result<Told> {
        self.say(space, &[]).await
    }

    async fn say(&self, space: &str, entries: &[&[u8]]) -> Result<Told> {
        let call = TELL.on(&["readers", "spaces", "log"].map(|what| self.key(what)));
        let call = call.arg(&self.me).arg(LOG).arg(LIVING.as_millis() as u64).arg(space);
        let call = entries.iter().fold(call, |call, entry| call.arg(*entry));
        let (place, generations, readers): (String, Vec<Vec<u8>>, Vec<String>) =
            self.engine.call(call).await?;
        let generations = news::generations(&generations);
        Ok(Told { place: Place::read(&place)?, generations, readers })
    }

    /// Waits until all have done what they were told. `false` if somebody did not answer who lived when it was said.
    async fn is_heard(&self, told: &Told) -> bool {
        let mut heard = self.heard.subscribe();
        let has_heard = |heard: &HashMap<String, Place>| {
            let is_done = |reader| heard.get(reader).is_some_and(|place| *place >= told.place);
            told.readers.iter().all(is_done)
        };
        tokio::time::timeout(LIVING, heard.wait_for(has_heard)).await.is_ok()
    }

    /// Tells others that a queue has work.
    pub async fn tell_of_work(&self, queue: &QueueName) -> Result<()> {
        let wakes = self.key("wakes");
        let mut command = redis::cmd("XADD");
        command.arg(&wakes).arg("MAXLEN").arg("~").arg(WAKES).arg("*");
        command.arg("f").arg(&self.me).arg("q").arg(queue.as_str());
        self.engine.command::<String>(&wakes, &command).await.map(drop)
    }

    /// A key of the bus. They lie in the first partition.
    fn key(&self, what: &str) -> Vec<u8> {
        self.engine.names().of_partition(0, &format!("bus:{what}"))
    }
}

/// What was told, and to whom.
pub(crate) struct Told {
    place: Place,
    pub generations: Generations,
    readers: Vec<String>,
}

impl Bus {
    /// Waits until all have heard, and tells again if need be.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if somebody lives and does not answer.
    pub async fn make_heard<F>(&self, first: Told, again: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<Told>>,
    {
        // Who died before it was told is no longer among the readers the next time.
        let mut told = first;
        for _ in 0..ROUNDS {
            if self.is_heard(&told).await {
                return Ok(());
            }
            told = again().await?;
        }
        if self.is_heard(&told).await { Ok(()) } else { Err(unheard()) }
    }
}

fn unheard() -> StoreError {
    StoreError::Unavailable("another instance does not hear of evictions".to_owned())
}
