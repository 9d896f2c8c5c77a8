//! One loads, the others wait.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use tokio::sync::watch;

use super::LocalCache;
use super::shard::Shard;
use crate::{CacheKey, Loaded, Result};

type Outcome = Result<Option<Bytes>>;

/// What somebody who wants an entry has to do.
pub(super) enum Turn<'a> {
    Known(Bytes),
    Lead(Lead<'a>),
    Follow(Follower),
}

/// Who waits for another's load.
#[derive(Clone)]
pub(super) struct Follower(watch::Receiver<Option<Outcome>>);

impl Follower {
    /// What the load brought; `None` if who led it went away without a word.
    pub(super) async fn outcome(&mut self) -> Option<Outcome> {
        let outcome = self.0.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }
}

/// Who loads. Dropped before the end, it leaves its place to one who waits.
pub(super) struct Lead<'a> {
    cache: &'a LocalCache,
    key: CacheKey,
    number: u64,
    followers: watch::Sender<Option<Outcome>>,
}

impl<'a> Lead<'a> {
    pub(super) fn new(cache: &'a LocalCache, key: &CacheKey, shard: &mut Shard) -> Self {
        let (followers, follower) = watch::channel(None);
        let number = shard.begin(key, Follower(follower));
        Self { cache, key: key.clone(), number, followers }
    }

    pub(super) async fn load<L>(self, load: &mut Pin<&mut L>) -> Outcome
    where
        L: Future<Output = Result<Option<Loaded>>>,
    {
        let loaded = load.as_mut().await;
        let outcome = loaded.as_ref().map(|loaded| loaded.as_ref().map(|one| one.value.clone()));
        let outcome = outcome.map_err(Clone::clone);
        self.end(loaded.ok().flatten());
        self.followers.send_replace(Some(outcome.clone()));
        outcome
    }

    fn end(&self, loaded: Option<Loaded>) {
        let mut shard = self.cache.shard(&self.key).lock();
        let may_keep = shard.end(&self.key, self.number);
        if let (true, Some(loaded)) = (may_keep, loaded) {
            self.cache.keep(&self.key, loaded);
        }
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.end(None);
    }
}
