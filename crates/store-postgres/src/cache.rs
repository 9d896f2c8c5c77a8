//! What was looked up before: in this process, and in a table that all instances share.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use store::{Cache, CacheKey, Load, Loaded, Result};
use tokio::time::sleep;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::engine::Engine;
use crate::values::{bytes, column};

/// Between two looks at what another instance loads: the first, and the longest.
const LOOK: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));

const CACHED: &str = "select value, life_ms from cached($1)";
const CACHE: &str = "select cache($1, $2, $3, $4)";
const BEGIN_LOAD: &str = "select turn, value, life_ms from begin_load($1, $2, $3)";
const END_LOAD: &str = "select end_load($1, $2, $3, $4)";

#[async_trait]
impl Cache for PostgresStore {
    async fn get(&self, key: &CacheKey) -> Option<Bytes> {
        let cache = &self.engine.cache;
        if let Some(value) = cache.local.get(key) {
            return Some(value);
        }
        let guard = cache.local.guard(key);
        let rows = self.engine.pool.rows(CACHED, &[&key.as_bytes()]).await.ok()?;
        let Loaded { value, life } = loaded(rows.first()?).ok()?;
        cache.local.fill(key, guard, value.clone(), life);
        Some(value)
    }

    async fn put(&self, key: &CacheKey, value: Bytes, life: Duration) {
        let kept = self
            .engine
            .pool
            .rows(CACHE, &[&key.as_bytes(), &key.space(), &&value[..], &millis(life)])
            .await;
        if let Err(error) = kept {
            tracing::debug!(%error, "the shared cache keeps nothing");
        }
        self.engine.cache.local.put(key, value, life);
    }

    async fn evict(&self, keys: &[CacheKey]) -> Result<()> {
        if keys.is_empty() { Ok(()) } else { self.engine.evict(keys).await }
    }

    async fn clear(&self, space: &str) -> Result<()> {
        self.engine.clear(space).await
    }

    async fn get_or_load(&self, key: &CacheKey, load: Load<'_>) -> Result<Option<Bytes>> {
        self.engine.cache.local.get_or_load(key, self.load(key, load)).await
    }
}

impl PostgresStore {
    /// What the shared tier has, or what another instance brings, or what `load` brings.
    async fn load(&self, key: &CacheKey, load: Load<'_>) -> Result<Option<Loaded>> {
        let turn = Turn::new(self.engine.clone(), key);
        let mut pause = LOOK.0;
        loop {
            match turn.begin().await {
                Ok(Answer::Known(loaded)) => return Ok(Some(loaded)),
                Ok(Answer::Load) => {
                    let outcome = load.await;
                    turn.end(&outcome).await;
                    return outcome;
                }
                Ok(Answer::Wait) => sleep(pause).await,
                Err(error) => {
                    tracing::debug!(%error, "the shared cache is away");
                    return load.await;
                }
            }
            pause = (pause * 2).min(LOOK.1);
        }
    }
}

enum Answer {
    Known(Loaded),
    Load,
    Wait,
}

/// One caller's part in the single flight of an entry. Dropped before its end, it makes room for the next.
struct Turn {
    engine: Arc<Engine>,
    key: CacheKey,
    token: i64,
    is_open: std::sync::atomic::AtomicBool,
}

impl Turn {
    fn new(engine: Arc<Engine>, key: &CacheKey) -> Self {
        let token = RandomState::new().hash_one("load").cast_signed();
        Self { engine, key: key.clone(), token, is_open: false.into() }
    }

    async fn begin(&self) -> Result<Answer> {
        let pool = &self.engine.pool;
        // Also if the answer does not arrive.
        self.set_open(true);
        let row =
            pool.row(BEGIN_LOAD, &[&self.key.as_bytes(), &self.key.space(), &self.token]).await?;
        let answer = match column(&row, "turn")? {
            "known" => Answer::Known(loaded(&row)?),
            "load" => return Ok(Answer::Load),
            _ => Answer::Wait,
        };
        self.set_open(false);
        Ok(answer)
    }

    async fn end(&self, outcome: &Result<Option<Loaded>>) {
        let brought = outcome.as_ref().ok().and_then(Option::as_ref);
        let brought = brought.filter(|loaded| !loaded.life.is_zero());
        if self.tell(brought).await.is_ok() {
            self.set_open(false);
        }
    }

    async fn tell(&self, brought: Option<&Loaded>) -> Result<()> {
        let value = brought.map(|loaded| &loaded.value[..]);
        let life = brought.map(|loaded| millis(loaded.life));
        let pool = &self.engine.pool;
        pool.rows(END_LOAD, &[&self.key.as_bytes(), &self.token, &value, &life]).await.map(drop)
    }

    fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !*self.is_open.get_mut() {
            return;
        }
        let turn = Self {
            engine: self.engine.clone(),
            key: self.key.clone(),
            token: self.token,
            is_open: false.into(),
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // If it fails, the lease of the load ends by itself.
            runtime.spawn(async move { turn.tell(None).await });
        }
    }
}

fn loaded(row: &Row) -> Result<Loaded> {
    let life = u64::try_from(column::<i64>(row, "life_ms")?).unwrap_or_default();
    Ok(Loaded { value: bytes(row, "value")?, life: Duration::from_millis(life) })
}

/// At most a century: what the server can add to the time.
fn millis(life: Duration) -> i64 {
    i64::try_from(life.as_millis()).unwrap_or(i64::MAX).min(100 * 365 * 86_400_000)
}
