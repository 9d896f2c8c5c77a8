//! A mediator dies: the sockets of its wallets stay open, because they end elsewhere, and their mail goes on within seconds.

use std::time::Duration;

use testkit::{History, Plan, Violation};

use crate::harbour::Harbour;

/// Guarantee 6, and a second for a machine that is busy with other tests.
const GOES_ON_WITHIN: Duration = Duration::from_secs(5 + 1);

fn is_pushed_again(violation: &Violation) -> bool {
    matches!(violation, Violation::PushedAgain { .. })
}

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
    // Nobody knows what of the last pushes of the dead has arrived: those come again, and on the same sockets.
    let broken: Vec<_> =
        history.violations().into_iter().filter(|it| !is_pushed_again(it)).collect();
    assert_eq!(broken, [], "{}", history.story());
    assert!(history.longest_delay() < GOES_ON_WITHIN, "{:?}", history.longest_delay());
}
