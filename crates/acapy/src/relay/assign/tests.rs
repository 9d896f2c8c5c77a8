//! Relays that work on the same maps at the same time, in every order, and die anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use proptest::collection::vec;
use proptest::prelude::*;
use store::{Clock, Result, Timestamp};

use super::assigner::{Assigner, Pace};
use super::board::Board;
use super::maps::{AssignmentMaps, Snapshot};
use crate::wire::KeyList;

/// The maps, in memory. Every act lets others go first, and is atomic then.
#[derive(Clone, Default)]
struct MemoryMaps(Arc<Mutex<Snapshot>>);

/// Pending once: whoever polls decides who goes on.
#[derive(Default)]
struct Turn(bool);

impl Future for Turn {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl MemoryMaps {
    async fn act<T>(&self, act: impl FnOnce(&mut Snapshot) -> T) -> Result<T> {
        Turn::default().await;
        Ok(act(&mut self.0.lock()))
    }
}

impl AssignmentMaps for MemoryMaps {
    async fn snapshot(&self) -> Result<Snapshot> {
        let lists = self.act(|maps| maps.lists.clone()).await?;
        let owners = self.act(|maps| maps.owners.clone()).await?;
        let unassigned = self.act(|maps| maps.unassigned.clone()).await?;
        Ok(Snapshot { lists, owners, unassigned, ..Snapshot::default() })
    }

    async fn waiting(&self, _: Vec<String>) -> Result<BTreeMap<String, u64>> {
        Ok(BTreeMap::new())
    }

    async fn owner(&self, kid: &str) -> Result<Option<String>> {
        self.act(|maps| maps.owners.get(kid).cloned()).await
    }

    async fn take(&self, kid: &str, from: Option<&str>, to: &str) -> Result<String> {
        self.act(|maps| {
            if maps.owners.get(kid).map(String::as_str) == from {
                maps.owners.insert(kid.to_owned(), to.to_owned());
            }
            maps.owners[kid].clone()
        })
        .await
    }

    async fn change_list(
        &self,
        uid: &str,
        add: &BTreeSet<String>,
        drop: &BTreeSet<String>,
    ) -> Result<()> {
        self.act(|maps| {
            let list = maps.lists.entry(uid.to_owned()).or_default();
            list.0.extend(add.iter().cloned());
            list.0.retain(|kid| !drop.contains(kid));
        })
        .await
    }

    async fn move_pending(&self, _: &str, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    async fn dismiss(&self, _: &str, _: Option<Timestamp>) -> Result<()> {
        Ok(())
    }

    async fn forget(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn settle(&self, kids: &BTreeSet<String>) -> Result<()> {
        self.act(|maps| maps.unassigned.retain(|kid| !kids.contains(kid))).await
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_000_000)
    }
}

fn assigner(maps: &MemoryMaps) -> Assigner<MemoryMaps> {
    let pace = Pace { every: Duration::from_secs(1), patience: Duration::from_secs(15) };
    Assigner::new(maps.clone(), Arc::new(Still), Arc::new(Board::new().0), &pace)
}

/// A relay that is given keys, one after the other, with a pass before each.
async fn relay(maps: MemoryMaps, kids: Vec<String>) {
    let mut assigner = assigner(&maps);
    for kid in kids {
        assigner.pass().await.unwrap();
        maps.act(|maps| maps.unassigned.insert(kid.clone())).await.unwrap();
        assigner.assign(BTreeSet::from([kid])).await.unwrap();
    }
}

/// A relay of another kind: it reads a list, and writes it back later, whatever happened in between.
async fn careless(maps: MemoryMaps, kids: Vec<String>) {
    for kid in kids {
        let uid = maps.act(|maps| maps.lists.keys().next_back().cloned()).await.unwrap();
        let Some(uid) = uid else { continue };
        maps.act(|maps| maps.owners.insert(kid.clone(), uid.clone())).await.unwrap();
        let mut list =
            maps.act(|maps| maps.lists.get(&uid).cloned()).await.unwrap().unwrap_or_default();
        list.0.insert(kid);
        maps.act(|maps| maps.lists.insert(uid, list)).await.unwrap();
    }
}

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Lets each go on as the turns say, and then kills all.
fn interleave(mut workers: Vec<Work>, turns: &[u8]) {
    let mut done = vec![false; workers.len()];
    let mut context = Context::from_waker(Waker::noop());
    for turn in turns {
        let place = usize::from(*turn) % workers.len();
        if !done[place] {
            done[place] = workers[place].as_mut().poll(&mut context).is_ready();
        }
    }
}

fn finish(work: impl Future<Output = Result<()>>) {
    let mut work = Box::pin(work);
    let mut context = Context::from_waker(Waker::noop());
    while work.as_mut().poll(&mut context).is_pending() {}
}

fn kids(first: usize, count: usize) -> Vec<String> {
    (first..first + count).map(|number| format!("k{number}")).collect()
}

proptest! {
    #[test]
    fn after_a_repair_every_key_is_polled_by_one_instance_and_none_is_lost(
        turns in vec(any::<u8>(), 0..400),
        uids in 1_usize..4,
    ) {
        let maps = MemoryMaps::default();
        let list = |number| (format!("u{number}"), KeyList::default());
        maps.0.lock().lists = (0..uids).map(list).collect();
        let workers: Vec<Work> = vec![
            Box::pin(relay(maps.clone(), kids(0, 6))),
            Box::pin(relay(maps.clone(), kids(3, 6))),
            Box::pin(careless(maps.clone(), kids(5, 6))),
        ];
        interleave(workers, &turns);
        let given: BTreeSet<_> = {
            let maps = maps.0.lock();
            maps.owners.keys().chain(&maps.unassigned).cloned().collect()
        };

        let mut repairer = assigner(&maps);
        finish(repairer.pass());
        finish(repairer.pass());

        let maps = maps.0.lock();
        prop_assert!(maps.unassigned.is_empty());
        for kid in &given {
            let holders = maps.lists.iter().filter(|(_, list)| list.0.contains(kid));
            let holders: Vec<_> = holders.map(|(uid, _)| uid).collect();
            prop_assert_eq!(holders, vec![&maps.owners[kid]], "{}", kid);
        }
    }
}

#[test]
fn keys_are_spread_evenly() {
    let maps = MemoryMaps::default();
    maps.0.lock().lists = ["a", "b", "c"].map(|uid| (uid.to_owned(), KeyList::default())).into();
    let mut assigner = assigner(&maps);
    finish(assigner.pass());
    finish(assigner.assign(kids(0, 30).into_iter().collect()));
    let loads: Vec<_> = maps.0.lock().lists.values().map(|list| list.0.len()).collect();
    assert_eq!(loads, [10, 10, 10]);
}

#[test]
fn keys_of_an_instance_that_vanished_get_another() {
    let maps = MemoryMaps::default();
    maps.0.lock().lists = [("a".to_owned(), KeyList::default())].into();
    maps.0.lock().owners = [("k".to_owned(), "gone".to_owned())].into();
    finish(assigner(&maps).pass());
    assert_eq!(maps.0.lock().owners["k"], "a");
    assert!(maps.0.lock().lists["a"].0.contains("k"));
}

#[test]
fn a_relay_brings_back_what_redis_has_lost() {
    let maps = MemoryMaps::default();
    maps.0.lock().lists = [("a".to_owned(), KeyList::default())].into();
    let mut assigner = assigner(&maps);
    finish(assigner.pass());
    finish(assigner.assign(kids(0, 3).into_iter().collect()));
    finish(assigner.pass());
    let before = maps.0.lock().clone();
    *maps.0.lock() = Snapshot::default();
    finish(assigner.pass());
    assert_eq!(maps.0.lock().lists, before.lists);
    assert_eq!(maps.0.lock().owners, before.owners);
}
