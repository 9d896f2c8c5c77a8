//! An instance dies in the middle of traffic: its wallets go elsewhere, and have all their mail.

use std::time::Duration;

use testkit::{History, Load, Plan};

use super::engine::Engine;
use super::with_every_engine;
use crate::habits::kept_promise;

/// Guarantee 6: nothing on the server's side waits longer for a dead instance. A second is for the wallet to come back.
const NOTHING_WAITS_LONGER: Duration = Duration::from_secs(5 + 1);

pub async fn nothing_is_lost_and_nothing_waits(engine: Engine) {
    let mut fleet = engine.fleet(2).await;
    let history = History::default();
    let load = Load::start(&fleet.addresses(), Plan::default(), &history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        fleet[place].kill();
        load.goes_on_for(150).await;
        fleet[place].start_again().await;
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(history.longest_delay() < NOTHING_WAITS_LONGER, "{:?}", history.longest_delay());
    assert!(settled.longest_gap() < NOTHING_WAITS_LONGER, "{settled:?}");
}

with_every_engine!(nothing_is_lost_and_nothing_waits);
