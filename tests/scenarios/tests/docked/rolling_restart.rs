//! Mediators are restarted one after the other: an upgrade closes no socket.

use std::time::Duration;

use testkit::{History, Plan};

use crate::habits::kept_promise;
use crate::harbour::Harbour;

const GOES_ON_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn no_socket_closes_and_nobody_waits() {
    let mut harbour = Harbour::of(2, 3).await;
    let history = History::default();
    let load = harbour.load(Plan { wallets: 12, ..Plan::default() }, &history).await;
    for place in 0..harbour.fleet.len() {
        load.goes_on_for(50).await;
        harbour.fleet[place].terminate();
        assert_eq!(harbour.fleet[place].ended().await, Some(0));
        harbour.fleet[place].start_again().await;
    }
    load.goes_on_for(300).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert!(history.longest_delay() < GOES_ON_WITHIN, "{:?}", history.longest_delay());
}
