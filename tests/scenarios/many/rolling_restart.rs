//! Three instances are restarted one after the other, under load and behind a load balancer.

use std::time::Duration;

use servers::Balancer;
use testkit::{Fleet, Frame, History, Load, Plan};

use super::engine::Engine;
use super::with_every_engine;
use crate::habits::kept_promise;

const BACK_AFTER: Duration = Duration::from_millis(500);

/// One, and another if the load balancer has not noticed yet who is going.
const DIALS: u32 = 2;

/// On a machine that is busy with other tests, too.
const LIVE_WITHIN: Duration = Duration::from_secs(10);

async fn nobody_misses_anything_or_has_to_dial_for_long(engine: Engine) {
    // A quarter of it is for the sockets, slice by slice.
    let mut fleet = Fleet::start(3, &engine.options(&["shutdown.deadline=6s"])).await;
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
    assert!(settled.most_dials() <= DIALS, "{settled:?}");
    assert!(settled.longest_gap() < LIVE_WITHIN, "{settled:?}");
    assert!(settled.ends.len() >= 12, "every wallet has been asked to go: {settled:?}");
    let politely = |end: &Frame| matches!(end, Frame::Closed(Some(1001 | 1012)));
    assert!(settled.ends.iter().all(politely), "{settled:?}");
}

with_every_engine!(nobody_misses_anything_or_has_to_dial_for_long);
