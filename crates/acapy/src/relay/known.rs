use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use didcomm::VerKey;
use parking_lot::RwLock;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a list counts as fresh: a key that is not in it is not looked for again before.
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
pub(crate) struct KnownKeys {
    source: Arc<dyn KeySource>,
    keys: RwLock<Arc<HashSet<VerKey>>>,
    learned: Mutex<Option<Instant>>,
}

/// The keys are not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotLearned;

impl KnownKeys {
    pub fn new(source: Arc<dyn KeySource>) -> Self {
        Self { source, keys: RwLock::default(), learned: Mutex::new(None) }
    }

    /// Whether one of these keys is an agent's.
    ///
    /// # Errors
    /// If none is known, and the source cannot be asked.
    pub async fn know_one_of(&self, keys: &[VerKey]) -> Result<bool, NotLearned> {
        if self.has_one_of(keys) {
            return Ok(true);
        }
        let mut learned = self.learned.lock().await;
        if learned.is_none_or(|at| at.elapsed() > FRESH) && !self.has_one_of(keys) {
            let list = self.source.keys().await.map_err(|error| {
                tracing::warn!(%error, "the keys of agents cannot be learned");
                NotLearned
            })?;
            *self.keys.write() = Arc::new(list.into_iter().take(MOST).collect());
            *learned = Some(Instant::now());
        }
        Ok(self.has_one_of(keys))
    }

    fn has_one_of(&self, keys: &[VerKey]) -> bool {
        let known = self.keys.read().clone();
        keys.iter().any(|key| known.contains(key))
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

    use super::*;

    #[derive(Default)]
    struct Source {
        keys: RwLock<HashSet<VerKey>>,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl KeySource for Source {
        async fn keys(&self) -> Result<HashSet<VerKey>, String> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok(self.keys.read().clone())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_was_added_is_found_without_asking_for_each_message() {
        let key = VerKey::from_bytes([1; 32]);
        let source = Arc::new(Source::default());
        let known = KnownKeys::new(source.clone());
        assert_eq!(known.know_one_of(&[key]).await, Ok(false));
        source.keys.write().insert(key);
        for _ in 0..10 {
            assert_eq!(known.know_one_of(&[key]).await, Ok(false));
        }
        assert_eq!(source.asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(FRESH * 2).await;
        assert_eq!(known.know_one_of(&[VerKey::from_bytes([2; 32]), key]).await, Ok(true));
    }
}
