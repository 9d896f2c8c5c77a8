//! A wallet picks up its mail through a dock in whichever way it likes.

use protocols::pickup::{V2_0, V4_0};
use testkit::{History, Wallet, Words};

use crate::habits::{kept_promise, send_all, sender, status};
use crate::harbour::one_behind_one;
use crate::ways::{Pickup, Proof, Way};

const MESSAGES: u32 = 10;

async fn gets_each_once(way: Way) {
    let (dock, server) = one_behind_one().await;
    let history = History::default();
    let wallet = Wallet::join(&server, 1, &history).await;
    let sender = sender(&server, &history);
    let mut pickup = Pickup::begin(wallet.by_way_of(dock.address()), way, Proof::Answers).await;
    for number in 0..MESSAGES {
        send_all(&sender, &wallet, number..number + 1).await;
        pickup.gets(number).await;
    }
    // What is proven is gone, so that a new socket brings nothing.
    pickup.settle().await;
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
    let left = wallet.ask(&status(&wallet)).await;
    assert!(matches!(left, Words::Status { messages: 0, .. }), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_by_pickup_2() {
    gets_each_once(Way::Live(&V2_0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_by_pickup_4() {
    gets_each_once(Way::Live(&V4_0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_implicit_pickup() {
    gets_each_once(Way::Implicit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_noop_of_pickup_1() {
    gets_each_once(Way::Noop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_batches_of_pickup_1() {
    gets_each_once(Way::Batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_requests_of_pickup_2() {
    gets_each_once(Way::Requests(&V2_0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_requests_of_pickup_4() {
    gets_each_once(Way::Requests(&V4_0)).await;
}
