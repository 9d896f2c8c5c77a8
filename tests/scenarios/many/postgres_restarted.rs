//! PostgreSQL restarts, or is killed, in the middle of traffic.

use std::time::Duration;

use testkit::{History, Load, Plan};
use tokio::time::sleep;

use super::engine::Engine;
use crate::habits::kept_promise;

const AWAY_FOR: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_it_is_killed_and_when_it_restarts() {
    let mut engine = Engine::own_postgres().await;
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
