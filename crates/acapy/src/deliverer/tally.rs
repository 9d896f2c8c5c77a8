//! What has happened so far.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use store::StoreError;
use tokio::time::Instant;

/// Counts since the start, and how it stands.
#[derive(Debug, Default)]
pub struct Tally {
    delivered: AtomicU64,
    put_off: AtomicU64,
    buried: AtomicU64,
    junk: AtomicU64,
    states: Mutex<Vec<(&'static str, State)>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    looked: Option<Instant>,
    complained: bool,
    lanes: usize,
}

/// After this long without an answer of Redis, it is not ready.
const FRESH: std::time::Duration = std::time::Duration::from_secs(5);

impl Tally {
    /// Whether Redis answered of late for everything that is worked on.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let states = self.states.lock();
        let is_fresh = |looked: Instant| looked.elapsed() < FRESH;
        !states.is_empty() && states.iter().all(|(_, state)| state.looked.is_some_and(is_fresh))
    }

    /// Names and counts.
    #[must_use]
    pub fn counts(&self) -> [(&'static str, u64); 4] {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("delivered", of(&self.delivered)),
            ("put_off", of(&self.put_off)),
            ("dead_letters", of(&self.buried)),
            ("junk", of(&self.junk)),
        ]
    }

    /// How many lanes are held now.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.states.lock().iter().map(|(_, state)| state.lanes).sum()
    }

    pub(super) fn delivered(&self) {
        self.delivered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn put_off(&self) {
        self.put_off.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn buried(&self, what: &str, endpoint: &str, attempts: u32, reason: &str) {
        self.buried.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(what, endpoint, attempts, reason, "a dead letter");
    }

    pub(super) fn junk(&self, count: usize) {
        if count > 0 {
            self.junk.fetch_add(count as u64, Ordering::Relaxed);
            tracing::warn!(count, "junk in a list is among the dead letters");
        }
    }

    pub(super) fn looked(&self, what: &'static str) {
        let recovered = self.with(what, |state| {
            state.looked = Some(Instant::now());
            std::mem::take(&mut state.complained)
        });
        if recovered {
            tracing::info!(what, "Redis answers again");
        }
    }

    /// Complains once, until it has worked again.
    pub(super) fn failed(&self, what: &'static str, error: &StoreError) {
        if !self.with(what, |state| std::mem::replace(&mut state.complained, true)) {
            tracing::error!(what, %error, "nothing can be taken from Redis; trying on");
        }
    }

    pub(super) fn working_on(&self, what: &'static str, lanes: usize) {
        self.with(what, |state| state.lanes = lanes);
    }

    fn with<R>(&self, what: &'static str, act: impl FnOnce(&mut State) -> R) -> R {
        let mut states = self.states.lock();
        let known = states.iter().position(|(name, _)| *name == what);
        let place = known.unwrap_or_else(|| {
            states.push((what, State::default()));
            states.len() - 1
        });
        act(&mut states[place].1)
    }
}
