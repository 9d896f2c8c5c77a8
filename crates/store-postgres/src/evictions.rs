//! How an eviction reaches every instance before it returns.
//!
//! The shared tier forgets and the stores are told in one transaction. Each store forgets what it hears of, and says so; the
//! evictor waits for those that may answer from their own memory. One that does not say so within [`SILENCE`] has either heard it, or has not
//! heard its own [beat](Engine::trust) since and answers from its memory no more.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use store::{CacheKey, LocalCache, Result, Timestamp};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::engine::Engine;
use crate::values::column;

/// How long a store answers from its memory after it asked for the last beat that it heard.
const TRUST: Duration = Duration::from_millis(1500);
/// How long an evictor waits for a store that says nothing.
const SILENCE: Duration = Duration::from_millis(2000);
/// Characters of a notification, which holds 8000 bytes, for keys.
const WORDS: usize = 7000;

const EVICT: &str = "select evict($1, $2, $3, $4) as store";

/// The memory of this process, and what it is waiting for.
pub(crate) struct Caches {
    pub(crate) local: LocalCache,
    asked: Mutex<Asked>,
    heard: Notify,
}

#[derive(Default)]
struct Asked {
    last: u64,
    /// Who has answered what was asked: possibly before the asker knows whom to wait for.
    answers: HashMap<u64, HashSet<i64>>,
}

impl Caches {
    pub(crate) fn new(local: LocalCache) -> Self {
        Self { local, asked: Mutex::default(), heard: Notify::new() }
    }

    fn ask(&self) -> Asking<'_> {
        let mut asked = self.asked.lock();
        asked.last += 1;
        let number = asked.last;
        asked.answers.insert(number, HashSet::new());
        Asking { caches: self, number }
    }

    fn answered(&self, number: u64, store: i64) {
        if let Some(answers) = self.asked.lock().answers.get_mut(&number) {
            answers.insert(store);
        }
        self.heard.notify_waiters();
    }
}

struct Asking<'a> {
    caches: &'a Caches,
    number: u64,
}

impl Asking<'_> {
    async fn wait_for(&self, stores: &[i64]) {
        loop {
            let heard = self.caches.heard.notified();
            let mut heard = std::pin::pin!(heard);
            heard.as_mut().enable();
            let is_done = self
                .caches
                .asked
                .lock()
                .answers
                .get(&self.number)
                .is_none_or(|answers| stores.iter().all(|store| answers.contains(store)));
            if is_done {
                return;
            }
            heard.await;
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.caches.asked.lock().answers.remove(&self.number);
    }
}

impl Engine {
    pub(crate) async fn evict(&self, keys: &[CacheKey]) -> Result<()> {
        let asking = self.cache.ask();
        let digests: Vec<_> = keys.iter().map(CacheKey::as_bytes).collect();
        let words = self.words(asking.number, keys);
        let rows = self.pool.rows(EVICT, &[&digests, &None::<&[u8]>, &words, &self.here]).await?;
        self.cache.local.evict(keys);
        wait(&asking, &rows).await
    }

    pub(crate) async fn clear(&self, space: &str) -> Result<()> {
        let asking = self.cache.ask();
        let space_key = CacheKey::new(space, b"");
        let words = vec![self.word(asking.number, 'c', &STANDARD.encode(space_key.space()))];
        let nothing: Vec<&[u8]> = Vec::new();
        let parameters: crate::link::Parameters<'_> =
            &[&nothing, &space_key.space(), &words, &self.here];
        let rows = self.pool.rows(EVICT, parameters).await?;
        self.cache.local.clear(space);
        wait(&asking, &rows).await
    }

    /// The notifications of an eviction. An answer to the last is an answer to all.
    fn words(&self, number: u64, keys: &[CacheKey]) -> Vec<String> {
        let (mut words, mut rest) = (Vec::new(), String::new());
        for key in keys {
            let key = STANDARD.encode(key.as_bytes());
            if key.len() > WORDS {
                // Too long to be told: forgetting too much is no harm.
                words.push(self.word(0, 'c', ""));
                continue;
            }
            if rest.len() + key.len() > WORDS {
                words.push(self.word(0, 'e', &std::mem::take(&mut rest)));
            }
            rest = if rest.is_empty() { key } else { format!("{rest},{key}") };
        }
        words.push(self.word(number, 'e', &rest));
        words
    }

    fn word(&self, number: u64, kind: char, what: &str) -> String {
        format!("{kind}{}:{number}:{what}", self.here)
    }

    /// Forgets what another store says is stale, and tells it so.
    pub(crate) fn forget_cached(self: &Arc<Self>, kind: &str, rest: &str) {
        let mut parts = rest.splitn(3, ':');
        let (Some(from), Some(number), Some(what)) = (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        if from == self.here.to_string() {
            return;
        }
        self.forget_words(kind, what);
        if number != "0" {
            let answer = format!("a{from}:{number}:{}", self.here);
            let engine = self.clone();
            tokio::spawn(async move {
                if let Err(error) = engine.pool.rows("select tell($1)", &[&answer]).await {
                    tracing::debug!(%error, "an eviction cannot be answered");
                }
            });
        }
    }

    fn forget_words(&self, kind: &str, what: &str) {
        let decoded = what.split(',').filter_map(|word| STANDARD.decode(word).ok());
        if kind == "e" {
            let keys: Vec<_> = decoded.filter_map(|key| CacheKey::from_bytes(key.into())).collect();
            return self.cache.local.evict(&keys);
        }
        for space in decoded {
            match std::str::from_utf8(&space) {
                Ok(space) if !space.is_empty() => self.cache.local.clear(space),
                _ => self.cache.local.distrust(),
            }
        }
    }

    /// An answer to an eviction of this store.
    pub(crate) fn answered(&self, rest: &str) {
        let mut parts = rest.splitn(3, ':');
        let (Some(to), Some(Ok(number)), Some(Ok(store))) =
            (parts.next(), parts.next().map(str::parse), parts.next().map(str::parse))
        else {
            return;
        };
        if to == self.here.to_string() {
            self.cache.answered(number, store);
        }
    }

    /// Everything that was told before `asked` has been heard.
    pub(crate) fn trust(&self, asked: Timestamp) {
        self.cache.local.trust(asked + TRUST);
    }
}

async fn wait(asking: &Asking<'_>, rows: &[tokio_postgres::Row]) -> Result<()> {
    let stores = rows.iter().map(|row| column(row, "store")).collect::<Result<Vec<i64>>>()?;
    if timeout(SILENCE, asking.wait_for(&stores)).await.is_err() {
        tracing::debug!("an instance does not answer evictions");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_being_told() {
        let key = CacheKey::new("route", b"a:b,c\0");
        let word = STANDARD.encode(key.as_bytes());
        assert!(!word.contains([':', ',']));
        let back = STANDARD.decode(word).ok().and_then(|key| CacheKey::from_bytes(key.into()));
        assert_eq!(back, Some(key));
    }
}
