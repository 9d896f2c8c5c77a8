//! What guards entries against values from before an eviction.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::loads::Follower;
use crate::CacheKey;

/// A share of the keys. Its lock makes "may this still be kept?" and keeping it one act; reading takes no lock.
#[derive(Default)]
pub(super) struct Shard {
    /// How often anything of this shard was evicted.
    evictions: u64,
    /// Who is loading what. An eviction takes its loads away.
    loads: HashMap<CacheKey, (u64, Follower)>,
    /// Numbers the loads.
    begun: u64,
}

/// A moment before a look-up elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard(u64);

impl Shard {
    pub(super) fn guard(&self) -> Guard {
        Guard(self.evictions)
    }

    pub(super) fn is_current(&self, guard: Guard) -> bool {
        self.evictions == guard.0
    }

    pub(super) fn forget(&mut self, key: &CacheKey) {
        self.evictions += 1;
        self.loads.remove(key);
    }

    pub(super) fn forget_all(&mut self, is_concerned: impl Fn(&CacheKey) -> bool) {
        self.evictions += 1;
        self.loads.retain(|key, _| !is_concerned(key));
    }

    /// Joins a load that nothing has been evicted from under.
    pub(super) fn follow(&self, key: &CacheKey) -> Option<Follower> {
        self.loads.get(key).map(|(_, follower)| follower.clone())
    }

    /// Notes a load and gives its number.
    pub(super) fn begin(&mut self, key: &CacheKey, follower: Follower) -> u64 {
        self.begun += 1;
        self.loads.insert(key.clone(), (self.begun, follower));
        self.begun
    }

    /// Ends a load; says whether its value may be kept.
    pub(super) fn end(&mut self, key: &CacheKey, number: u64) -> bool {
        let is_ours = self.loads.get(key).is_some_and(|(other, _)| *other == number);
        if is_ours {
            self.loads.remove(key);
        }
        is_ours
    }
}

pub(super) fn number(key: &CacheKey, of: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    (hasher.finish() % of as u64) as usize
}
