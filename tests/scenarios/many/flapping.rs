//! Wallets that move from instance to instance all the time miss nothing.

use std::time::Duration;

use testkit::{History, Load, Plan};

use super::engine::Engine;
use super::with_every_engine;
use crate::habits::kept_promise;

async fn ten_wallets_that_move_all_the_time_miss_nothing(engine: Engine) {
    let fleet = engine.fleet(2).await;
    let history = History::default();
    let plan = Plan {
        wallets: 10,
        rate: 150,
        back_after: Duration::from_millis(20),
        moves_every: Some(Duration::from_millis(400)),
        ..Plan::default()
    };
    let load = Load::start(&fleet.addresses(), plan, &history).await;
    load.goes_on_for(600).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(settled.gaps.len() > 20, "the wallets did not move: {settled:?}");
    assert!(history.longest_delay() < Duration::from_secs(5), "{:?}", history.longest_delay());
}

with_every_engine!(ten_wallets_that_move_all_the_time_miss_nothing);
