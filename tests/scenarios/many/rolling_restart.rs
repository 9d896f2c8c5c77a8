//! Three instances are restarted one after the other, under load and behind a load balancer.

use std::time::Duration;

use servers::Balancer;
use testkit::{Frame, History, Load, Plan};

use super::engine::Engine;
use super::with_every_engine;
use crate::habits::kept_promise;

const BACK_AFTER: Duration = Duration::from_millis(500);

/// Dialling, and saying what one wants, on a machine that is busy with other tests.
const SAID_WITHIN: Duration = Duration::from_secs(1);

async fn nobody_misses_anything_or_waits_longer_than_it_takes_to_dial(engine: Engine) {
    let mut fleet = engine.fleet(3).await;
    let balancer = Balancer::haproxy(&fleet.addresses()).await;
    let history = History::default();
    let plan = Plan { wallets: 12, back_after: BACK_AFTER, ..Plan::default() };
    let load = Load::start(&[balancer.address()], plan, &history).await;
    for place in 0..fleet.len() {
        load.goes_on_for(50).await;
        fleet[place].terminate();
        assert_eq!(fleet[place].ended().await, Some(0));
        fleet[place].start_again().await;
    }
    load.goes_on_for(50).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(settled.longest_gap() < BACK_AFTER + SAID_WITHIN, "{settled:?}");
    assert!(settled.ends.len() >= 12, "every wallet has been asked to go: {settled:?}");
    let politely = |end: &Frame| matches!(end, Frame::Closed(Some(1001 | 1012)));
    assert!(settled.ends.iter().all(politely), "{settled:?}");
}

with_every_engine!(nobody_misses_anything_or_waits_longer_than_it_takes_to_dial);
