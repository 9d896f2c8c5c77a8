//! Two docks before one mediator or two: each callback may reach either, and mail may arrive at either.

use std::time::Duration;

use testkit::{History, Plan, StandInDock};

use crate::habits::kept_promise;
use crate::harbour::Harbour;

/// Sessions look for mail by themselves every thirty seconds: what comes sooner was woken.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn wallets_get_each_message_once_and_at_once() {
    everybody_is_served(Harbour::of(2, 2).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_they_do_with_one_mediator() {
    everybody_is_served(Harbour::of(2, 1).await).await;
}

async fn everybody_is_served(harbour: Harbour) {
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    load.goes_on_for(500).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
    assert_eq!(settled.ends, [], "sockets stay open");
    assert!(history.longest_delay() < AT_ONCE, "{:?}", history.delays());
    let failed: Vec<_> = harbour.docks.iter().map(StandInDock::failed).collect();
    assert_eq!(failed, [0, 0], "callbacks");
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_that_move_between_docks_miss_nothing() {
    let harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let plan = Plan { moves_every: Some(Duration::from_secs(1)), ..Plan::default() };
    let load = harbour.load(plan, &history).await;
    load.goes_on_for(500).await;
    load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(history.longest_delay() < AT_ONCE, "{:?}", history.delays());
}
