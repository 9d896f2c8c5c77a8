//! What came of callbacks, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// What came of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DoorCount {
    /// It was dealt with, or is kept (200).
    Taken,
    /// It is no callback (400).
    Malformed,
    /// Its message is larger than a socket of our own would take (413).
    TooLarge,
    /// Its signature is wrong, old or missing (401).
    Forged,
    /// It names a dock that nobody named (403).
    Stranger,
    /// It could not be kept (503).
    PutOff,
}

impl DoorCount {
    /// Every counter.
    pub const ALL: [Self; 6] =
        [Self::Taken, Self::Malformed, Self::TooLarge, Self::Forged, Self::Stranger, Self::PutOff];

    /// Its name in a metric.
    pub fn label(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Forged => "forged",
            Self::Stranger => "stranger",
            Self::PutOff => "put_off",
        }
    }
}

/// The door's counters. They only grow while the process lives.
#[derive(Debug, Default)]
pub struct DoorTally([AtomicU64; DoorCount::ALL.len()]);

impl DoorTally {
    pub(super) fn add(&self, count: DoorCount) {
        if let Some(counter) = self.0.get(count as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often it has happened.
    pub fn of(&self, count: DoorCount) -> u64 {
        self.0.get(count as usize).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}
