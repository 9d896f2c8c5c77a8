//! The tier of a [`Cache`](crate::Cache) that lives in this process.

mod loads;
mod shard;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use quick_cache::sync::{Cache as Entries, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use self::loads::{Lead, Turn};
pub use self::shard::Guard;
use self::shard::Shard;
use crate::{CacheKey, Clock, Loaded, Result, Timestamp};

/// Entries in memory, at most so many bytes of them, with lives, single flight, and what is needed to keep the contract of
/// [`Cache::evict`](crate::Cache::evict) beside other instances. It knows no engine and starts nothing by itself.
///
/// # For an engine that serves this process only
///
/// [`LocalCache::alone`] is the whole cache: each function of the trait calls the one of the same name.
///
/// # For an engine that several instances share
///
/// [`LocalCache::among_others`] answers only while it is *trusted*. The engine's task
///
/// - listens to evictions and calls [`LocalCache::evict`] or [`LocalCache::clear`] for each *before* it tells the evictor so;
/// - after each proof that it has heard everything up to some moment calls [`LocalCache::trust`] with a time that lies
///   less behind that moment than evictors wait for an instance that does not answer. The moment is the one *before* the proof was asked
///   for: a beat that was sent at `t` and heard by its sender proves that what came before `t` was heard, not what came before it
///   arrived. It only holds if nothing on that way can be lost or overtaken without notice;
/// - calls [`LocalCache::distrust`] when it lost the way on which evictions come.
///
/// A cache whose trust had ended is emptied when it is trusted again, because it may have missed evictions. A cache that is
/// not trusted knows nothing, keeps nothing, and lets everyone load for himself.
///
/// The engine's `get_or_load` passes a load to [`LocalCache::get_or_load`] that asks the shared tier first (value, or lease to
/// load, or wait for who has the lease), and the truth if that is away. Its `get` takes a [`Guard`] before it asks the shared tier and
/// gives what it found to [`LocalCache::fill`]. Its `evict` removes the entries *and leases* from the shared tier
/// first, so that a load that began before cannot fill that tier, then tells all instances, this one included, and waits.
pub struct LocalCache {
    clock: Arc<dyn Clock>,
    entries: Entries<CacheKey, Entry, Weight>,
    shards: Box<[Mutex<Shard>]>,
    trusted_until: AtomicU64,
}

#[derive(Clone)]
struct Entry {
    value: Bytes,
    expires: Timestamp,
}

#[derive(Clone)]
struct Weight;

impl Weighter<CacheKey, Entry> for Weight {
    fn weight(&self, key: &CacheKey, entry: &Entry) -> u64 {
        (key.as_bytes().len() + entry.value.len()) as u64 + OVERHEAD
    }
}

/// What an entry costs beside its bytes.
const OVERHEAD: u64 = 160;
/// A process that caches nothing should not hold room for it.
const FIRST_ROOM: usize = 64;
const SHARDS: usize = 64;

impl LocalCache {
    /// A cache of up to `bytes` that no other process can make stale: trusted for ever.
    pub fn alone(clock: Arc<dyn Clock>, bytes: u64) -> Self {
        Self::with_trust(clock, bytes, Timestamp::NEVER)
    }

    /// A cache of up to `bytes` that is not trusted until [`LocalCache::trust`] says so.
    pub fn among_others(clock: Arc<dyn Clock>, bytes: u64) -> Self {
        Self::with_trust(clock, bytes, Timestamp(0))
    }

    fn with_trust(clock: Arc<dyn Clock>, bytes: u64, until: Timestamp) -> Self {
        let mut options = OptionsBuilder::new();
        options.estimated_items_capacity(FIRST_ROOM).weight_capacity(bytes);
        let options = options.build().unwrap_or_else(|_| unreachable!("both capacities are given"));
        Self {
            clock,
            entries: Entries::with_options(
                options,
                Weight,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            trusted_until: AtomicU64::new(until.0),
        }
    }

    /// Answers until then, by the clock given at the start; never shortens what was said before. If trust had ended meanwhile, everything is
    /// forgotten first.
    pub fn trust(&self, until: Timestamp) {
        if !self.is_trusted() {
            self.forget(|_| true);
        }
        self.trusted_until.fetch_max(until.0, Ordering::AcqRel);
    }

    /// Answers no more until trusted again.
    pub fn distrust(&self) {
        self.trusted_until.store(0, Ordering::Release);
    }

    /// Whether it answers.
    pub fn is_trusted(&self) -> bool {
        self.clock.now().0 < self.trusted_until.load(Ordering::Acquire)
    }

    /// What is known.
    pub fn get(&self, key: &CacheKey) -> Option<Bytes> {
        if self.is_trusted() { self.look(key) } else { None }
    }

    fn look(&self, key: &CacheKey) -> Option<Bytes> {
        let entry = self.entries.get(key)?;
        (self.clock.now() < entry.expires).then_some(entry.value)
    }

    /// Keeps a value for `life`.
    pub fn put(&self, key: &CacheKey, value: Bytes, life: Duration) {
        self.fill(key, self.guard(key), value, life);
    }

    /// Forgets these entries, and that anybody is loading them.
    pub fn evict(&self, keys: &[CacheKey]) {
        for key in keys {
            let mut shard = self.shard(key).lock();
            shard.forget(key);
            self.entries.remove(key);
        }
    }

    /// Forgets all entries of `space`, and that anybody is loading one.
    pub fn clear(&self, space: &str) {
        let space = CacheKey::new(space, b"");
        self.forget(|key| key.space() == space.space());
    }

    fn forget(&self, is_concerned: impl Fn(&CacheKey) -> bool) {
        for shard in &self.shards {
            shard.lock().forget_all(&is_concerned);
        }
        // What is filled in from now on was loaded after the shards forgot: losing it is no harm.
        self.entries.retain(|key, _| !is_concerned(key));
    }

    /// To be taken before a value is looked up elsewhere that is to be [filled in](LocalCache::fill) here.
    pub fn guard(&self, key: &CacheKey) -> Guard {
        self.shard(key).lock().guard()
    }

    /// Keeps a value for `life`, unless its entry may have been evicted since `guard` was taken.
    pub fn fill(&self, key: &CacheKey, guard: Guard, value: Bytes, life: Duration) {
        let shard = self.shard(key).lock();
        if shard.is_current(guard) {
            self.keep(key, Loaded { value, life });
        }
    }

    /// The caller holds the key's shard: whether the value may be kept and keeping it is one act.
    fn keep(&self, key: &CacheKey, loaded: Loaded) {
        let Loaded { value, life } = loaded;
        if !life.is_zero() && self.is_trusted() {
            self.entries.insert(key.clone(), Entry { value, expires: self.clock.now() + life });
        }
    }

    /// What is known, or what another load of this process that is under way brings, or what `load` brings.
    ///
    /// # Errors
    /// Those of the load.
    pub async fn get_or_load(
        &self,
        key: &CacheKey,
        load: impl Future<Output = Result<Option<Loaded>>> + Send,
    ) -> Result<Option<Bytes>> {
        let mut load = pin!(load);
        while self.is_trusted() {
            match self.turn(key) {
                Turn::Known(value) => return Ok(Some(value)),
                Turn::Lead(lead) => return lead.load(&mut load).await,
                Turn::Follow(mut lead) => {
                    if let Some(outcome) = lead.outcome().await {
                        return outcome;
                    }
                }
            }
        }
        // Whoever leads a load here may have missed that it became stale.
        Ok(load.await?.map(|loaded| loaded.value))
    }

    fn turn(&self, key: &CacheKey) -> Turn<'_> {
        if let Some(value) = self.look(key) {
            return Turn::Known(value);
        }
        let mut shard = self.shard(key).lock();
        // A load may have ended since.
        if let Some(value) = self.look(key) {
            return Turn::Known(value);
        }
        match shard.follow(key) {
            Some(follower) => Turn::Follow(follower),
            None => Turn::Lead(Lead::new(self, key, &mut shard)),
        }
    }

    fn shard(&self, key: &CacheKey) -> &Mutex<Shard> {
        &self.shards[shard::number(key, self.shards.len())]
    }
}

#[cfg(test)]
mod tests;
