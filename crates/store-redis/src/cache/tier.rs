//! The tier that all processes share. Whatever fails here, the truth can be asked.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use redis::Value;
use store::{CacheKey, Load, Loaded, Result, StoreError};
use tokio::time::{Instant, sleep};

use crate::RedisStore;
use crate::doubts::random;
use crate::keylists::short;
use crate::script::script;
use crate::shared::senseless;

script!(TAKE, "plain.lua", "cache_take.lua");
script!(FILL, "plain.lua", "cache_fill.lua");
script!(PUT, "plain.lua", "cache_put.lua");
script!(LOOK, "plain.lua", "cache_look.lua");

/// After this long a loader counts as dead, and another loads.
const LEASE: Duration = Duration::from_secs(3);
/// How soon somebody who waits for another's load looks again, at first and later on.
const SOON: Duration = Duration::from_millis(4);
const LATER: Duration = Duration::from_millis(64);

/// What the shared tier says.
enum Taken {
    Known(Loaded),
    Mine,
    Others,
}

impl RedisStore {
    /// What the shared tier knows, or what `load` brings, by one of all processes.
    pub(super) async fn load_shared(
        &self,
        key: &CacheKey,
        load: Load<'_>,
    ) -> Result<Option<Loaded>> {
        let Some(generation) = self.bus.generation(key.space()) else { return load.await };
        let (entry, me) = (self.entry(key, generation), random().to_string());
        match self.take_in_turn(&entry, &me).await {
            Ok(Some(known)) => Ok(Some(known)),
            Ok(None) => {
                let loaded = load.await;
                let kept = loaded.as_ref().ok().and_then(Option::as_ref);
                self.fill_shared(&entry, &me, kept).await;
                loaded
            }
            Err(error) => {
                tracing::debug!(%error, "the shared cache does not answer");
                load.await
            }
        }
    }

    /// The value, or `None` for who has to load it.
    async fn take_in_turn(&self, entry: &[u8], me: &str) -> Result<Option<Loaded>> {
        let (began, mut pause) = (Instant::now(), SOON);
        loop {
            match self.take(entry, me).await? {
                Taken::Known(known) => return Ok(Some(known)),
                Taken::Mine => return Ok(None),
                Taken::Others if began.elapsed() > LEASE * 2 => {
                    return Err(StoreError::Unavailable("others load without end".to_owned()));
                }
                Taken::Others => sleep(pause).await,
            }
            pause = (pause * 2).min(LATER);
        }
    }

    async fn take(&self, entry: &[u8], me: &str) -> Result<Taken> {
        let call = TAKE.on(&[entry.to_vec()]).arg(me).arg(LEASE.as_millis() as u64);
        let answer: Vec<Value> = self.engine.call(call).await?;
        match answer.as_slice() {
            [Value::Int(0), Value::BulkString(value), Value::Int(life)] => {
                Ok(Taken::Known(Loaded { value: value.clone().into(), life: millis(*life) }))
            }
            [Value::Int(1)] => Ok(Taken::Mine),
            [Value::Int(2)] => Ok(Taken::Others),
            _ => Err(senseless("an entry of the cache")),
        }
    }

    async fn fill_shared(&self, entry: &[u8], me: &str, loaded: Option<&Loaded>) {
        let (value, life) = loaded
            .map_or((&[][..], 0), |loaded| (&loaded.value[..], loaded.life.as_millis() as u64));
        let call = FILL.on(&[entry.to_vec()]).arg(me).arg(value).arg(life);
        if let Err(error) = self.engine.call::<u8>(call).await {
            tracing::debug!(%error, "the shared cache does not keep an entry");
        }
    }

    /// What the shared tier knows.
    pub(super) async fn look(&self, key: &CacheKey) -> Option<Loaded> {
        let entry = self.entry(key, self.bus.generation(key.space())?);
        let found = self.engine.call::<(Option<Vec<u8>>, i64)>(LOOK.on(&[entry])).await;
        match found {
            Ok((value, life)) => Some(Loaded { value: Bytes::from(value?), life: millis(life) }),
            Err(error) => {
                tracing::debug!(%error, "the shared cache does not answer");
                None
            }
        }
    }

    pub(super) async fn put_shared(&self, key: &CacheKey, value: &[u8], life: Duration) {
        let Some(generation) = self.bus.generation(key.space()) else { return };
        let call = PUT.on(&[self.entry(key, generation)]).arg(value).arg(life.as_millis() as u64);
        if let Err(error) = self.engine.call::<u8>(call).await {
            tracing::debug!(%error, "the shared cache does not keep an entry");
        }
    }

    /// The key of an entry.
    pub(super) fn entry(&self, key: &CacheKey, generation: u64) -> Vec<u8> {
        let space = URL_SAFE_NO_PAD.encode(key.space());
        let rest = format!("cache:{space}:{generation}");
        self.engine.names().key(&short(key.name()), &rest)
    }
}

/// What Redis says of a life; less than nothing for a key that is going.
fn millis(life: i64) -> Duration {
    Duration::from_millis(u64::try_from(life).unwrap_or(0))
}
