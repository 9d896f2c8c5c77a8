//! A mediator dies: the sockets of its wallets stay open, because they end elsewhere, and their mail goes on within seconds.

use std::time::Duration;

use testkit::{History, Plan};

use crate::harbour::{Harbour, but_for_repetitions};

/// Guarantee 6, and a second for a machine that is busy with other tests.
const GOES_ON_WITHIN: Duration = Duration::from_secs(5 + 1);

#[tokio::test(flavor = "multi_thread")]
async fn no_socket_closes_and_nothing_is_lost() {
    let mut harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        harbour.fleet[place].kill();
        load.goes_on_for(800).await;
        harbour.fleet[place].start_again().await;
    }
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
    assert!(history.longest_delay() < GOES_ON_WITHIN, "{:?}", history.longest_delay());
}
