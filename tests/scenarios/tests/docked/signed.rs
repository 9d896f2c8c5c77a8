//! Docks of ours that sign what they tell, before mediators that show the docks' key: whatever dies, wallets keep their mail.

use std::time::Duration;

use bytes::Bytes;
use protocols::client;
use testkit::{Frame, History, Server, Wallet};
use tokio::time::sleep;

use crate::habits::kept_promise;
use crate::harbour::{any_address, but_for_repetitions};
use crate::pier::{KEY, Pier, believes, signs};

const OTHER_KEY: &str = "another-key-that-nobody-guesses";

/// A second is for the wallets to come back.
const GOES_ON_WITHIN: Duration = Duration::from_secs(5 + 1);

#[tokio::test(flavor = "multi_thread")]
async fn mediators_are_replaced_and_killed_and_no_socket_closes() {
    let mut pier = Pier::signed(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        pier.mediators[place].terminate();
        assert_eq!(pier.mediators[place].ended().await, Some(0));
        pier.mediators[place].start_again().await;
        load.goes_on_for(100).await;
        pier.mediators[place].kill();
        load.goes_on_for(300).await;
        pier.mediators[place].start_again().await;
    }
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_of_a_dock_that_is_killed_go_on_at_the_other() {
    let mut pier = Pier::signed(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        pier.docks[place].kill();
        load.goes_on_for(300).await;
        pier.docks[place].start_again().await;
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(!settled.ends.is_empty(), "some wallets were at it");
    assert!(settled.longest_gap() < GOES_ON_WITHIN, "{settled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_balancer_that_is_killed_and_comes_back_costs_nothing() {
    let mut pier = Pier::signed(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    load.goes_on_for(100).await;
    let balancer = pier.balancer.as_mut().expect("one before the mediators");
    balancer.is_away_for(Duration::from_secs(2)).await;
    load.goes_on_for(300).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_killed_and_comes_back_costs_nothing() {
    let mut pier = Pier::signed(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    load.goes_on_for(100).await;
    pier.redis().kill().await;
    sleep(Duration::from_secs(3)).await;
    pier.redis().restart().await;
    load.goes_on_for(300).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_with_the_wrong_key_holds_no_socket() {
    let pier = Pier::signed(2, 2).await;
    let wallet = pier.wallets(1, &History::default()).await.remove(0);
    let balancer = pier.balancer.as_ref().expect("one before the mediators");
    let dock = Server::start_with(signs(OTHER_KEY, balancer.address())).await;
    let mut socket = wallet.by_way_of(dock.address()).dial().await;
    assert_eq!(socket.end().await, Frame::Closed(Some(1008)));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_changed_in_the_wrong_order_drop_no_message_in_silence() {
    let door = any_address();
    let mut mediator = Server::start_with(believes(KEY, door)).await;
    let dock = Server::start_with(signs(KEY, door).and(&["dock.patience=3s"])).await;
    let wallet = Wallet::join(&mediator, 1, &History::default()).await;
    let mut socket = wallet.by_way_of(dock.address()).dial().await;
    let ping = client::ping(&wallet.agent().id(), true);
    socket.ask(&ping).await;
    mediator.terminate();
    assert_eq!(mediator.ended().await, Some(0));
    mediator.start_again_with(believes(OTHER_KEY, door)).await;
    socket.say(&ping).await;
    assert_eq!(socket.end().await, Frame::Closed(Some(1013)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_socket_of_a_mediator_takes_closes_one_of_a_dock_with_1009_too() {
    let pier = Pier::signed(2, 2).await;
    let wallet = pier.wallets(1, &History::default()).await.remove(0);
    let mut socket = wallet.by_way_of(pier.docks[0].address()).dial().await;
    socket.ask(&client::ping(&wallet.agent().id(), true)).await;
    socket.send(&Bytes::from("x".repeat(3 << 20))).await;
    assert_eq!(socket.end().await, Frame::Closed(Some(1009)));
}
