//! A dock dies without a word: its wallets come back at the other, with all their mail.

use std::time::Duration;

use testkit::{History, Plan};

use crate::habits::kept_promise;
use crate::harbour::Harbour;

/// A second is for the wallets to come back.
const GOES_ON_WITHIN: Duration = Duration::from_secs(5 + 1);

#[tokio::test(flavor = "multi_thread")]
async fn its_wallets_go_on_at_another() {
    let mut harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        let address = harbour.docks[place].address();
        drop(harbour.docks.remove(place));
        load.goes_on_for(300).await;
        let dock = harbour.dock_at(address).await;
        harbour.docks.insert(place, dock);
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(!settled.ends.is_empty(), "some wallets were at it");
    assert!(
        history.longest_delay() < GOES_ON_WITHIN,
        "{:?}\n{}",
        history.longest_delay(),
        history.story()
    );
    assert!(settled.longest_gap() < GOES_ON_WITHIN, "{settled:?}");
}
