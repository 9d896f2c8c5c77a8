//! Docks that are gone.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use parking_lot::Mutex;
use store::Timestamp;

/// Who counts how often a dock was not there, so that one that is gone is forgotten with all its sockets at once.
#[derive(Debug, Default)]
pub(super) struct LostDocks {
    silent: Mutex<HashMap<String, Silence>>,
    /// Those with queues in which something may wait that this instance has put there. What waits for one that is dead is to be thrown
    /// away, whether any of its sockets is still known here or not.
    with_orders: Mutex<BTreeSet<String>>,
}

#[derive(Debug)]
struct Silence {
    misses: u32,
    last: Timestamp,
}

/// A dock that was missed so often in a row, at different moments, is gone.
const MISSES: u32 = 3;

/// What fails together counts once.
const MOMENT: Duration = Duration::from_millis(500);

impl LostDocks {
    /// It said something.
    pub fn answered(&self, dock: &str) {
        let mut silent = self.silent.lock();
        if !silent.is_empty() {
            silent.remove(dock);
        }
    }

    /// It was not there.
    pub fn silent(&self, dock: &str, now: Timestamp) {
        let mut silent = self.silent.lock();
        match silent.get_mut(dock) {
            None => {
                silent.insert(dock.to_owned(), Silence { misses: 1, last: now });
            }
            Some(silence) if now >= silence.last + MOMENT => {
                *silence = Silence { misses: silence.misses + 1, last: now };
            }
            Some(_) => {}
        }
    }

    /// Something may wait in its queue from now on.
    pub fn ordered(&self, dock: &str) {
        let mut with_orders = self.with_orders.lock();
        if !with_orders.contains(dock) {
            with_orders.insert(dock.to_owned());
        }
    }

    /// Its queue is about to be emptied.
    pub fn forget_orders(&self, dock: &str) {
        self.with_orders.lock().remove(dock);
    }

    /// Docks in whose queues something may wait.
    pub fn with_orders(&self) -> BTreeSet<String> {
        self.with_orders.lock().clone()
    }

    /// Those that are gone, each once.
    pub fn take(&self) -> Vec<String> {
        let mut silent = self.silent.lock();
        silent.extract_if(|_, silence| silence.misses >= MISSES).map(|(dock, _)| dock).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_dock_is_gone_when_it_was_missed_at_three_moments_in_a_row() {
        let docks = LostDocks::default();
        for late in 0..3 {
            assert!(docks.take().is_empty());
            docks.silent("a", START + MOMENT * late);
            docks.silent("a", START + MOMENT * late);
        }
        assert_eq!(docks.take(), ["a"]);
        assert!(docks.take().is_empty());
    }

    #[test]
    fn an_answer_in_between_starts_the_count_again() {
        let docks = LostDocks::default();
        for late in 0..6 {
            docks.silent("a", START + MOMENT * late);
            if late % 2 == 1 {
                docks.answered("a");
            }
        }
        assert!(docks.take().is_empty());
    }
}
