//! What has to be done to make the maps agree.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use store::Timestamp;

use super::census::{Census, Standing};
use super::maps::Snapshot;

/// How long an instance that was found to be gone is kept in the maps: if it was not, it still polls its own entry.
const KEPT_AFTER_DISMISSAL: Duration = Duration::from_secs(3_600);

/// Acts, in the order in which they are to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Keys that get another instance, or their first. Whoever has them then also gets them in its list.
    pub takes: Vec<Take>,
    /// Keys that are missing in the list of the instance that has them.
    pub adds: BTreeMap<String, BTreeSet<String>>,
    /// Keys in the lists of instances that do not have them.
    pub drops: BTreeMap<String, BTreeSet<String>>,
    /// Instances that are found to be gone.
    pub dismissals: Vec<String>,
    /// Instances that were found to be gone and have shown life.
    pub returns: Vec<String>,
    /// Instances that have been gone for long.
    pub farewells: Vec<String>,
}

/// A key gets an instance.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Take {
    pub kid: String,
    pub from: Option<String>,
    pub to: String,
}

/// Makes the maps agree with the one that decides, gives keys without an instance one, and those of silent instances another.
/// `lost` are keys that this relay knows to have had an instance.
pub(crate) fn plan(
    seen: &Snapshot,
    lost: &BTreeSet<String>,
    census: &Census,
    now: Timestamp,
) -> Plan {
    let mut planner = Planner::new(seen, census, now);
    planner.bring_back_instances();
    planner.follow_owners();
    planner.dismiss_silent();
    planner.say_farewell();
    planner.assign(seen.unassigned.iter().chain(lost));
    planner.plan
}

/// First instances for keys that have none.
pub(crate) fn plan_for_new(
    seen: &Snapshot,
    kids: &BTreeSet<String>,
    census: &Census,
    now: Timestamp,
) -> Plan {
    let mut planner = Planner::new(seen, census, now);
    planner.assign(kids.iter());
    planner.plan
}

struct Planner<'a> {
    seen: &'a Snapshot,
    census: &'a Census,
    now: Timestamp,
    /// How many keys each instance will have.
    loads: BTreeMap<&'a str, usize>,
    taken: BTreeSet<&'a str>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn new(seen: &'a Snapshot, census: &'a Census, now: Timestamp) -> Self {
        let loads = seen.lists.iter().map(|(uid, list)| (uid.as_str(), list.0.len())).collect();
        Self { seen, census, now, loads, taken: BTreeSet::new(), plan: Plan::default() }
    }

    /// A Redis that lost its data has also lost the entries that running instances poll, and those are made only when one starts.
    fn bring_back_instances(&mut self) {
        if !self.seen.lists.is_empty() {
            return;
        }
        for uid in self.census.remembered() {
            if self.census.standing(uid, self.now) != Standing::Silent {
                self.plan.adds.insert(uid.clone(), BTreeSet::new());
                self.loads.insert(uid, 0);
            }
        }
    }

    fn follow_owners(&mut self) {
        for (kid, uid) in &self.seen.owners {
            match self.seen.lists.get(uid) {
                Some(list) if list.0.contains(kid) => {}
                None if !self.plan.adds.contains_key(uid) => self.reassign(kid, Some(uid)),
                Some(_) | None => note(&mut self.plan.adds, uid, kid),
            }
        }
        for (uid, list) in &self.seen.lists {
            for kid in &list.0 {
                match self.seen.owners.get(kid) {
                    Some(owner) if owner == uid => {}
                    Some(_) => note(&mut self.plan.drops, uid, kid),
                    None => self.take(kid, None, uid),
                }
            }
        }
    }

    fn dismiss_silent(&mut self) {
        for uid in self.seen.lists.keys() {
            let dismissed = self.seen.dismissed.get(uid);
            match (self.census.standing(uid, self.now), dismissed) {
                (Standing::Silent, None) if self.successor().is_some() => {
                    self.plan.dismissals.push(uid.clone());
                }
                (Standing::Alive, Some(_)) => self.plan.returns.push(uid.clone()),
                _ => {}
            }
        }
        for (kid, uid) in &self.seen.owners {
            let gone = self.plan.dismissals.contains(uid) || self.is_dismissed(uid);
            if gone && let Some(to) = self.successor() {
                self.take(kid, Some(uid), to);
            }
        }
    }

    fn say_farewell(&mut self) {
        let long_gone = |at: Timestamp| self.now.since(at) > KEPT_AFTER_DISMISSAL;
        let gone = self
            .seen
            .dismissed
            .iter()
            .filter(|(uid, at)| long_gone(**at) && self.is_dismissed(uid));
        self.plan.farewells = gone.map(|(uid, _)| uid.clone()).collect();
    }

    fn assign(&mut self, kids: impl Iterator<Item = &'a String>) {
        for kid in kids.filter(|kid| !self.seen.owners.contains_key(*kid)) {
            self.reassign(kid, None);
        }
    }

    fn reassign(&mut self, kid: &'a str, from: Option<&str>) {
        if let Some(to) = self.successor().or_else(|| self.anybody()) {
            self.take(kid, from, to);
        }
    }

    fn take(&mut self, kid: &'a str, from: Option<&str>, to: &'a str) {
        if from != Some(to) && self.taken.insert(kid) {
            *self.loads.entry(to).or_default() += 1;
            let (kid, from, to) = (kid.to_owned(), from.map(str::to_owned), to.to_owned());
            self.plan.takes.push(Take { kid, from, to });
        }
    }

    fn is_dismissed(&self, uid: &str) -> bool {
        self.seen.dismissed.contains_key(uid)
            && self.census.standing(uid, self.now) != Standing::Alive
    }

    /// An instance that may be hoped to be alive: of those that have shown it, else of all, the one with the fewest keys.
    fn successor(&self) -> Option<&'a str> {
        let hopeful = self.loads.iter().filter_map(|(uid, load)| {
            let standing = self.census.standing(uid, self.now);
            let hopeless = standing == Standing::Silent || self.is_dismissed(uid);
            (!hopeless).then_some((standing, *load, *uid))
        });
        hopeful.min().map(|(_, _, uid)| uid)
    }

    /// The one with the fewest keys, however little there is to hope.
    fn anybody(&self) -> Option<&'a str> {
        self.loads.iter().min_by_key(|(_, load)| **load).map(|(uid, _)| *uid)
    }
}

fn note(keys: &mut BTreeMap<String, BTreeSet<String>>, uid: &str, kid: &str) {
    keys.entry(uid.to_owned()).or_default().insert(kid.to_owned());
}
