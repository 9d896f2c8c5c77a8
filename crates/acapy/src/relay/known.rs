use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use didcomm::VerKey;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

/// How long what was found counts: a key that is not in a list is not looked for again before, nor is a source asked that failed.
const FRESH: Duration = Duration::from_secs(1);

/// How many keys a list may have.
const MOST: usize = 1_000_000;

/// Where the keys of agents are learned.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// All keys that agents have now.
    ///
    /// # Errors
    /// Why they are not to be had.
    async fn keys(&self) -> Result<HashSet<VerKey>, String>;
}

/// The keys that mail is taken for. A key that is not known yet is looked for at once, so that a new connection works with its first
/// message.
///
/// All who wait share one look at the source, and it goes on when they give up. Only so many may wait: a source that is silent must
/// not use up what mail for known keys needs.
pub(crate) struct KnownKeys {
    source: Arc<dyn KeySource>,
    keys: Arc<Keys>,
    look: Mutex<Option<Look>>,
    waiting: Semaphore,
}

type Keys = RwLock<Arc<HashSet<VerKey>>>;

/// A look at the source.
#[derive(Clone)]
struct Look {
    begun: Instant,
    /// How and when it ended, if it has.
    ended: watch::Receiver<Option<(Outcome, Instant)>>,
}

type Outcome = Result<(), NotLearned>;

/// The keys are not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotLearned;

impl KnownKeys {
    /// Those of a source, for which so many may wait at a time.
    pub fn new(source: Arc<dyn KeySource>, may_wait: usize) -> Self {
        let waiting = Semaphore::new(may_wait.clamp(1, Semaphore::MAX_PERMITS));
        Self { source, keys: Arc::default(), look: Mutex::default(), waiting }
    }

    /// Whether one of these keys is an agent's. If none is known, that takes as long as the source does.
    ///
    /// # Errors
    /// If none is known, and the source cannot be asked, or too many wait for it.
    pub async fn know_one_of(&self, keys: &[VerKey]) -> Result<bool, NotLearned> {
        if self.has_one_of(keys) {
            return Ok(true);
        }
        let _place = self.waiting.try_acquire().map_err(|_| NotLearned)?;
        let asked = Instant::now();
        loop {
            let look = self.look(asked);
            look.outcome().await?;
            // One that was under way for long does not count: the key may be younger than what it saw.
            if self.has_one_of(keys) || look.counts_for(asked) {
                return Ok(self.has_one_of(keys));
            }
        }
    }

    fn has_one_of(&self, keys: &[VerKey]) -> bool {
        let known = self.keys.read().clone();
        keys.iter().any(|key| known.contains(key))
    }

    /// The look that is under way or has just failed, or one that counts for whoever asked then.
    fn look(&self, asked: Instant) -> Look {
        let mut latest = self.look.lock();
        let good = latest.take().filter(|look| match *look.ended.borrow() {
            None => look.is_under_way(),
            Some((Err(NotLearned), at)) => at.elapsed() <= FRESH,
            Some((Ok(()), _)) => look.counts_for(asked),
        });
        latest.insert(good.unwrap_or_else(|| self.begin())).clone()
    }

    fn begin(&self) -> Look {
        let (end, ended) = watch::channel(None);
        let (source, keys) = (self.source.clone(), self.keys.clone());
        tokio::spawn(async move {
            let outcome = learn(source.as_ref(), &keys).await;
            end.send_replace(Some((outcome, Instant::now())));
        });
        Look { begun: Instant::now(), ended }
    }
}

async fn learn(source: &dyn KeySource, keys: &Keys) -> Outcome {
    let list = source.keys().await.map_err(|error| {
        tracing::warn!(%error, "the keys of agents cannot be learned");
        NotLearned
    })?;
    *keys.write() = Arc::new(list.into_iter().take(MOST).collect());
    Ok(())
}

impl Look {
    fn is_under_way(&self) -> bool {
        self.ended.has_changed().is_ok()
    }

    /// Whether it was fresh when somebody asked, or younger.
    fn counts_for(&self, asked: Instant) -> bool {
        self.begun + FRESH >= asked
    }

    async fn outcome(&self) -> Outcome {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await.map_err(|_| NotLearned)?;
        end.as_ref().map_or(Err(NotLearned), |(outcome, _)| *outcome)
    }
}

impl std::fmt::Debug for KnownKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KnownKeys({})", self.keys.read().len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;
    use tokio::time::timeout;

    use super::*;

    #[derive(Default)]
    struct Source {
        keys: RwLock<HashSet<VerKey>>,
        asked: AtomicUsize,
        fails: bool,
        /// Its answers wait for this, if they do.
        held: Option<Notify>,
    }

    #[async_trait]
    impl KeySource for Source {
        async fn keys(&self) -> Result<HashSet<VerKey>, String> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let seen = self.keys.read().clone();
            if let Some(held) = &self.held {
                held.notified().await;
            }
            if self.fails { Err("it fails".to_owned()) } else { Ok(seen) }
        }
    }

    fn key(number: u8) -> VerKey {
        VerKey::from_bytes([number; 32])
    }

    fn known(source: Source) -> (Arc<Source>, Arc<KnownKeys>) {
        let source = Arc::new(source);
        (source.clone(), Arc::new(KnownKeys::new(source, 4)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_was_added_is_found_without_asking_for_each_message() {
        let (source, known) = known(Source::default());
        assert_eq!(known.know_one_of(&[key(1)]).await, Ok(false));
        source.keys.write().insert(key(1));
        for _ in 0..10 {
            assert_eq!(known.know_one_of(&[key(1)]).await, Ok(false));
        }
        assert_eq!(source.asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(FRESH * 2).await;
        assert_eq!(known.know_one_of(&[key(2), key(1)]).await, Ok(true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_fails_is_asked_once_for_all_who_wait_and_not_again_at_once() {
        let (source, known) = known(Source { fails: true, ..Source::default() });
        let strangers = [key(1), key(2), key(3)];
        let all =
            join_all(strangers.each_ref().map(|key| known.know_one_of(std::slice::from_ref(key))));
        assert_eq!(all.await, [Err(NotLearned); 3]);
        assert_eq!(known.know_one_of(&[key(4)]).await, Err(NotLearned));
        assert_eq!(source.asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(FRESH * 2).await;
        assert_eq!(known.know_one_of(&[key(4)]).await, Err(NotLearned));
        assert_eq!(source.asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_goes_on_when_who_waited_gives_up_and_only_so_many_wait() {
        let (source, known) = known(Source { held: Some(Notify::new()), ..Source::default() });
        source.keys.write().insert(key(1));
        let impatient = timeout(FRESH / 2, known.know_one_of(&[key(1)])).await;
        assert!(impatient.is_err());
        let asking = (0..4).map(|_| {
            let known = known.clone();
            tokio::spawn(async move { known.know_one_of(&[key(1)]).await })
        });
        let asking: Vec<_> = asking.collect();
        tokio::task::yield_now().await;
        assert_eq!(known.know_one_of(&[key(9)]).await, Err(NotLearned), "all places are taken");
        source.held.as_ref().unwrap().notify_one();
        for asked in join_all(asking).await {
            assert_eq!(asked.unwrap(), Ok(true));
        }
        assert_eq!(source.asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_is_younger_than_the_look_that_is_under_way_is_looked_for_once_more() {
        let (source, known) = known(Source { held: Some(Notify::new()), ..Source::default() });
        assert!(timeout(FRESH * 2, known.know_one_of(&[key(1)])).await.is_err());
        source.keys.write().insert(key(1));
        let held = source.held.as_ref().unwrap();
        let letting_go = async {
            for _ in 0..2 {
                tokio::time::sleep(FRESH).await;
                held.notify_one();
            }
        };
        let young = [key(1)];
        let (found, ()) = tokio::join!(known.know_one_of(&young), letting_go);
        assert_eq!(found, Ok(true));
        assert_eq!(source.asked.load(Ordering::Relaxed), 2);
    }
}
