//! What was looked up before. One process has the store open, so that all of it is in its memory.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use store::{Cache, CacheKey, Load, Result};

use crate::EmbeddedStore;

/// Bytes of entries that are kept at most.
pub(crate) const CAPACITY: u64 = 16 << 20;

#[async_trait]
impl Cache for EmbeddedStore {
    async fn get(&self, key: &CacheKey) -> Option<Bytes> {
        self.cache.get(key)
    }

    async fn put(&self, key: &CacheKey, value: Bytes, life: Duration) {
        self.cache.put(key, value, life);
    }

    async fn evict(&self, keys: &[CacheKey]) -> Result<()> {
        self.cache.evict(keys);
        Ok(())
    }

    async fn clear(&self, space: &str) -> Result<()> {
        self.cache.clear(space);
        Ok(())
    }

    async fn get_or_load(&self, key: &CacheKey, load: Load<'_>) -> Result<Option<Bytes>> {
        self.cache.get_or_load(key, load).await
    }
}
