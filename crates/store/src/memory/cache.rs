use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::MemoryStore;
use crate::{Cache, CacheKey, Load, Result};

#[async_trait]
impl Cache for MemoryStore {
    async fn get(&self, key: &CacheKey) -> Option<Bytes> {
        self.cache.get(key)
    }

    async fn put(&self, key: &CacheKey, value: Bytes, life: Duration) {
        self.cache.put(key, value, life);
    }

    async fn evict(&self, keys: &[CacheKey]) -> Result<()> {
        self.gate()?;
        self.cache.evict(keys);
        Ok(())
    }

    async fn clear(&self, space: &str) -> Result<()> {
        self.gate()?;
        self.cache.clear(space);
        Ok(())
    }

    async fn get_or_load(&self, key: &CacheKey, load: Load<'_>) -> Result<Option<Bytes>> {
        self.cache.get_or_load(key, load).await
    }
}
