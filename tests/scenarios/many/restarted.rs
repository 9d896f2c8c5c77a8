//! The engine is killed, and restarts, in the middle of traffic.

use std::time::Duration;

use testkit::{History, Load, Plan};
use tokio::time::sleep;

use super::engine::Engine;
use super::with_own_engines;
use crate::habits::kept_promise;

const AWAY_FOR: Duration = Duration::from_secs(1);

async fn nothing_is_lost_where_it_keeps_everything(mut engine: Engine) {
    let fleet = engine.fleet(2).await;
    let history = History::default();
    let load = Load::start(&fleet.addresses(), Plan::default(), &history).await;
    load.goes_on_for(100).await;
    engine.kill().await;
    sleep(AWAY_FOR).await;
    engine.restart().await;
    load.goes_on_for(100).await;
    engine.restart().await;
    load.goes_on_for(100).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert_eq!(settled.ends, [], "sockets stay open");
}

with_own_engines!(nothing_is_lost_where_it_keeps_everything);
