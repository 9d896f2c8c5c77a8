//! Who is alive.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use store::Timestamp;

use super::maps::Snapshot;

/// How long a plug-in may rest at a key that nothing waits for: 0.2 s in Redis, and 0.2 s asleep.
const REST: Duration = Duration::from_millis(400);

/// What this relay has seen of each instance.
///
/// An instance shows life when its last access changes, or when a list of its keys gets shorter. It is *silent* if it showed none
/// although mail was waiting for it all the time, for the patience and a whole round of its keys. One for which nothing waits has nothing to
/// show.
#[derive(Debug)]
pub(crate) struct Census {
    patience: Duration,
    sights: HashMap<String, Sight>,
}

#[derive(Debug, Default)]
struct Sight {
    last_access: Option<String>,
    waiting: BTreeMap<String, u64>,
    keys: u32,
    /// Since when mail has been waiting without a sign of life.
    ignored_since: Option<Timestamp>,
    alive_at: Option<Timestamp>,
}

/// What is to be thought of an instance, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It has shown life lately.
    Alive,
    /// It had no occasion to.
    Unknown,
    /// It had, and has not.
    Silent,
}

impl Census {
    pub fn new(patience: Duration) -> Self {
        Self { patience, sights: HashMap::new() }
    }

    /// Compares what is there now with what was there before. `waiting` has the length of each key's list.
    pub fn look(&mut self, now: Timestamp, seen: &Snapshot, waiting: &BTreeMap<String, u64>) {
        if !seen.lists.is_empty() {
            self.sights.retain(|uid, _| seen.lists.contains_key(uid));
        }
        for (uid, list) in &seen.lists {
            let lengths = list.0.iter().filter_map(|kid| waiting.get_key_value(kid));
            let lengths = lengths.map(|(kid, length)| (kid.clone(), *length)).collect();
            let last_access = seen.last_access.get(uid).cloned();
            match self.sights.get_mut(uid) {
                Some(sight) => sight.compare(now, last_access, lengths),
                None => {
                    let mut sight = Sight { last_access, ..Sight::default() };
                    sight.note(now, lengths);
                    self.sights.insert(uid.clone(), sight);
                }
            }
            self.sights.entry(uid.clone()).and_modify(|sight| {
                sight.keys = u32::try_from(list.0.len()).unwrap_or(u32::MAX);
            });
        }
    }

    /// What is to be thought of an instance.
    pub fn standing(&self, uid: &str, now: Timestamp) -> Standing {
        let Some(sight) = self.sights.get(uid) else { return Standing::Unknown };
        let patience = self.patience + REST.saturating_mul(sight.keys);
        let lately = |time: Option<Timestamp>| time.map(|time| now.since(time) <= patience);
        match (lately(sight.ignored_since), lately(sight.alive_at)) {
            (Some(false), _) => Standing::Silent,
            (_, Some(true)) => Standing::Alive,
            _ => Standing::Unknown,
        }
    }

    /// Instances that were there when there were any.
    pub fn remembered(&self) -> impl Iterator<Item = &String> {
        self.sights.keys()
    }
}

impl Sight {
    fn compare(
        &mut self,
        now: Timestamp,
        last_access: Option<String>,
        waiting: BTreeMap<String, u64>,
    ) {
        let shorter =
            |(kid, before): (&String, &u64)| waiting.get(kid).is_some_and(|now| now < before);
        let is_alive = self.last_access != last_access || self.waiting.iter().any(shorter);
        if is_alive {
            self.alive_at = Some(now);
            self.ignored_since = None;
        }
        self.last_access = last_access;
        self.note(now, waiting);
    }

    fn note(&mut self, now: Timestamp, waiting: BTreeMap<String, u64>) {
        self.waiting = waiting;
        let something_waits = self.waiting.values().any(|length| *length > 0);
        self.ignored_since = something_waits.then(|| self.ignored_since.unwrap_or(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::KeyList;

    const PATIENCE: Duration = Duration::from_secs(15);

    struct World {
        census: Census,
        seen: Snapshot,
    }

    impl World {
        fn with_keys(count: usize) -> Self {
            let keys = KeyList((0..count).map(|number| format!("k{number}")).collect());
            let lists = BTreeMap::from([("u".to_owned(), keys)]);
            let seen = Snapshot { lists, ..Snapshot::default() };
            Self { census: Census::new(PATIENCE), seen }
        }

        fn look(&mut self, second: u64, waiting: u64) -> Standing {
            let now = Timestamp(second * 1_000);
            let waiting = BTreeMap::from([("k0".to_owned(), waiting)]);
            self.census.look(now, &self.seen, &waiting);
            self.census.standing("u", now)
        }

        fn consume(&mut self, at: &str) {
            self.seen.last_access.insert("u".to_owned(), at.to_owned());
        }
    }

    #[test]
    fn an_instance_that_leaves_mail_where_it_is_falls_silent() {
        let mut world = World::with_keys(1);
        assert_eq!(world.look(0, 1), Standing::Unknown);
        assert_eq!(world.look(15, 2), Standing::Unknown);
        assert_eq!(world.look(16, 2), Standing::Silent);
    }

    #[test]
    fn an_instance_for_which_nothing_waits_is_not_silent() {
        let mut world = World::with_keys(1);
        assert_eq!(world.look(0, 0), Standing::Unknown);
        assert_eq!(world.look(1_000, 0), Standing::Unknown);
        assert_eq!(world.look(1_001, 1), Standing::Unknown);
    }

    #[test]
    fn an_instance_with_many_keys_has_time_for_a_whole_round() {
        let mut world = World::with_keys(40);
        world.look(0, 1);
        assert_eq!(world.look(30, 1), Standing::Unknown);
        assert_eq!(world.look(32, 1), Standing::Silent);
    }

    #[test]
    fn a_list_that_shrinks_is_a_sign_of_life_though_the_last_access_stands_still() {
        let mut world = World::with_keys(1);
        world.look(0, 5);
        assert_eq!(world.look(14, 4), Standing::Alive);
        assert_eq!(world.look(29, 4), Standing::Alive);
        assert_eq!(world.look(30, 4), Standing::Silent);
    }

    #[test]
    fn a_last_access_that_changes_is_a_sign_of_life_whatever_time_it_says() {
        let mut world = World::with_keys(1);
        world.consume("2026-11-21T03:00:00Z");
        world.look(0, 5);
        world.consume("2026-11-21T01:59:59Z");
        assert_eq!(world.look(20, 9), Standing::Alive);
    }
}
