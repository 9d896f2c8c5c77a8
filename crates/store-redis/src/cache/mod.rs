//! The cache: a tier in this process, kept right by the [bus](crate::bus), and one in Redis.
//!
//! An entry is a hash of its own, in whatever slot it hashes to, with `v`, its value, or `l`, who may load it. Its key lives as long as the
//! value or the lease. Its name has the *generation* of its space: to clear a space is to count on, after which nobody
//! finds the old entries, and their lives end them.
//!
//! An eviction deletes entries, with the leases of those who are loading them, before it tells the others: who has forgotten cannot find
//! them here again, and who began to load before has no right any more to keep what it brings.

mod tier;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use store::{Cache, CacheKey, Load, Result, StoreError};

use crate::RedisStore;
use crate::bus::Generations;

/// Entries that are told of at once.
const BATCH: usize = 500;
/// How often an eviction begins again because a space was cleared meanwhile.
const PATIENCE: usize = 4;

#[async_trait]
impl Cache for RedisStore {
    async fn get(&self, key: &CacheKey) -> Option<Bytes> {
        if let Some(value) = self.bus.local.get(key) {
            return Some(value);
        }
        let guard = self.bus.local.guard(key);
        let found = self.look(key).await?;
        self.bus.local.fill(key, guard, found.value.clone(), found.life);
        Some(found.value)
    }

    async fn put(&self, key: &CacheKey, value: Bytes, life: Duration) {
        self.bus.local.put(key, value.clone(), life);
        self.put_shared(key, &value, life).await;
    }

    async fn evict(&self, keys: &[CacheKey]) -> Result<()> {
        for batch in keys.chunks(BATCH) {
            self.evict_batch(batch).await?;
        }
        Ok(())
    }

    async fn clear(&self, space: &str) -> Result<()> {
        let told = self.bus.tell_of_space(space).await?;
        self.bus.make_heard(told, || self.bus.tell_of_space(space)).await
    }

    async fn get_or_load(&self, key: &CacheKey, load: Load<'_>) -> Result<Option<Bytes>> {
        self.bus.local.get_or_load(key, self.load_shared(key, load)).await
    }
}

impl RedisStore {
    async fn evict_batch(&self, keys: &[CacheKey]) -> Result<()> {
        let mut generations = self.bus.generations().await?;
        for _ in 0..PATIENCE {
            self.delete(keys, &generations).await?;
            let told = self.bus.tell(keys).await?;
            if told.generations == generations {
                return self.bus.make_heard(told, || self.bus.tell(keys)).await;
            }
            // Under their new names they may have been found by those who were told.
            generations = told.generations;
        }
        Err(StoreError::Unavailable(
            "spaces of the cache are being cleared all the time".to_owned(),
        ))
    }

    async fn delete(&self, keys: &[CacheKey], generations: &Generations) -> Result<()> {
        let deleting = keys.iter().map(|key| async move {
            let generation = generations.get(key.space()).copied().unwrap_or(0);
            let name = self.entry(key, generation);
            self.engine.command::<u64>(&name, redis::cmd("DEL").arg(&name)).await
        });
        let deleting: Vec<_> = deleting.collect();
        futures_util::future::try_join_all(deleting).await.map(drop)
    }
}
