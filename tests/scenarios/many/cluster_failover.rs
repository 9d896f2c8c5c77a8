//! A Redis Cluster loses a primary, and moves slots, in the middle of traffic.

use std::time::Duration;

use servers::RedisCluster;
use testkit::{Fleet, History, Load, Plan, ServerOptions};
use tokio::time::Instant;

use crate::habits::{kept_promise, until};

/// So many that each primary has some of them.
const WALLETS: u32 = 24;

/// Live delivery is back so soon after the cluster takes writes again. It took 0.15 to 0.25 s with a load of 8 on two cores, most of
/// it until senders write again.
const BACK_WITHIN: Duration = Duration::from_secs(1);

/// On a machine that is busier than that, within so many rounds as they were before.
const ROUNDS: u32 = 5;

/// A round: how long it takes from now until each wallet has got something.
async fn round(history: &History) -> Duration {
    let start = Instant::now();
    until("all wallets are served", async || {
        history.served_between(start, Instant::now()).len() == WALLETS as usize
    })
    .await;
    start.elapsed()
}

async fn load(fleet: &Fleet, history: &History) -> Load {
    let plan = Plan { wallets: WALLETS, rate: 120, ..Plan::default() };
    Load::start(&fleet.addresses(), plan, history).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_is_killed_and_live_delivery_is_back_when_its_replica_takes_over() {
    let mut cluster = RedisCluster::start().await;
    let fleet = Fleet::start(2, &ServerOptions::default().on(cluster.url())).await;
    let history = History::default();
    let load = load(&fleet, &history).await;
    load.goes_on_for(200).await;
    let undisturbed = round(&history).await;
    let dead = cluster.kill_primary_of("any").await;
    cluster.until_taken_over("any", dead).await;
    let back_after = round(&history).await;
    load.goes_on_for(200).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    let bound = BACK_WITHIN.max(ROUNDS * undisturbed);
    assert!(back_after < bound, "live delivery was back after {back_after:?}, not {bound:?}");
    assert_eq!(settled.ends, [], "sockets stay open");
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_that_move_take_their_mailboxes_along() {
    let cluster = RedisCluster::start().await;
    let fleet = Fleet::start(2, &ServerOptions::default().on(cluster.url())).await;
    let history = History::default();
    let load = load(&fleet, &history).await;
    load.goes_on_for(100).await;
    for slot in slots_with_keys(&cluster).await {
        let migration = cluster.migrate(&slot).await;
        migration.move_keys().await;
        migration.finish().await;
    }
    load.goes_on_for(200).await;
    load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(history.longest_delay() < Duration::from_secs(5), "{:?}", history.longest_delay());
}

/// A key of each slot that is in use at the first node.
async fn slots_with_keys(cluster: &RedisCluster) -> Vec<String> {
    const MOST: usize = 8;
    let keys = cluster.node().cli(&["--scan"]).await;
    let mut tags: Vec<String> = keys.lines().filter_map(hash_tag).collect();
    tags.sort();
    tags.dedup();
    tags.truncate(MOST);
    assert!(!tags.is_empty(), "the store keeps nothing in hash slots of its own");
    tags
}

/// The part of a key that decides on its slot.
fn hash_tag(key: &str) -> Option<String> {
    let tag = key.split_once('{')?.1.split_once('}')?.0;
    Some(format!("{{{tag}}}"))
}
