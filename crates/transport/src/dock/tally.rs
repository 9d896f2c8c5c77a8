//! What happened at a dock, counted.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident => $label:literal,)*) => {
        /// Everything that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DockCount { $($(#[$doc])* $name,)* }

        impl DockCount {
            /// Every counter.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in a metric.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

counts! {
    /// Messages that came from sockets.
    Received => "received",
    /// Messages that the backend has taken.
    Taken => "taken",
    /// Messages that the backend has refused for good; those that were too large for it closed their sockets with 1009.
    Refused => "refused",
    /// Messages without a byte, which nobody is told of.
    Empty => "empty",
    /// Messages that are no text, for a backend that takes only text (close code 1003).
    Unfit => "unfit",
    /// Messages that the backend was away for; their sockets were closed with 1013, if they were still open.
    Lost => "lost",
    /// Ends of sockets that the backend was away for.
    EndsUntold => "ends_untold",
    /// Messages sent to sockets.
    Sent => "sent",
    /// Messages for a socket whose outbox was full.
    Full => "full",
    /// Sends and disconnects for sockets that are not there.
    Unknown => "unknown",
    /// Sends and disconnects without the right key.
    Forbidden => "forbidden",
    /// Calls to the backend.
    Calls => "calls",
    /// Calls that failed and were tried again.
    Retries => "retries",
    /// Sockets that the backend refused (close code 1008).
    SocketsRefused => "sockets_refused",
    /// Sockets closed because the backend was away (close code 1013).
    SocketsPutOff => "sockets_put_off",
    /// Sockets whose peer did not answer a ping.
    SocketsDead => "sockets_dead",
    /// Sockets that brought and got no message for too long.
    SocketsIdle => "sockets_idle",
}

/// A dock's counters. They only grow while the process lives.
#[derive(Debug)]
pub struct DockTally {
    counts: Vec<AtomicU64>,
    dealt_with: AtomicU64,
}

impl Default for DockTally {
    fn default() -> Self {
        Self {
            counts: DockCount::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            dealt_with: AtomicU64::new(0),
        }
    }
}

impl DockTally {
    pub(crate) fn add(&self, count: DockCount) {
        self.add_many(count, 1);
    }

    pub(crate) fn add_many(&self, count: DockCount, many: u64) {
        if let Some(counter) = self.counts.get(count as usize) {
            counter.fetch_add(many, Ordering::Relaxed);
        }
    }

    /// Messages do not wait any more.
    pub(crate) fn deal_with(&self, many: u64) {
        self.dealt_with.fetch_add(many, Ordering::Relaxed);
    }

    /// Messages that came and wait for the backend, or that it is busy with.
    pub fn waiting(&self) -> u64 {
        // Read first, or a message could be dealt with before it came.
        let dealt_with = self.dealt_with.load(Ordering::Relaxed);
        self.of(DockCount::Received).saturating_sub(dealt_with)
    }

    /// How often it has happened.
    pub fn of(&self, count: DockCount) -> u64 {
        self.counts.get(count as usize).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}
