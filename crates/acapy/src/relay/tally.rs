use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident => $label:literal,)*) => {
        /// Everything that a relay counts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Count { $($(#[$doc])* $name,)* }

        impl Count {
            /// Every counter.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in a metric.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

counts! {
    /// Messages put into lists.
    Kept => "kept",
    /// What was no envelope (400).
    NotEnvelopes => "not_envelopes",
    /// Envelopes for keys that no agent has, or for one key too many (404).
    UnknownKeys => "unknown_keys",
    /// Envelopes for a key for which too many wait (507).
    ListsFull => "lists_full",
    /// Envelopes that were not taken because Redis was away.
    Away => "away",
    /// Answers of agents that went back.
    Answered => "answered",
    /// Answers of agents whose asker had gone, or did not take the ones before.
    AnswersLost => "answers_lost",
    /// Webhooks taken.
    Webhooks => "webhooks",
    /// Calls of the admin API passed on.
    AdminCalls => "admin_calls",
}

/// What a relay has counted.
#[derive(Debug, Default)]
pub struct Tally {
    counts: [AtomicU64; Count::ALL.len()],
}

impl Tally {
    /// Counts one.
    pub(crate) fn add(&self, count: Count) {
        self.counts[count as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often it was counted.
    #[must_use]
    pub fn get(&self, count: Count) -> u64 {
        self.counts[count as usize].load(Ordering::Relaxed)
    }
}
