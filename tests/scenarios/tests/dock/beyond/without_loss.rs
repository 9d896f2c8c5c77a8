//! Nothing that a socket brought is lost without a word.

use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::backend::Call;
use crate::subject::Subject;
use crate::wallet::{End, Wallet};

#[tokio::test(flavor = "multi_thread")]
async fn messages_just_before_a_close_arrive_and_the_end_comes_after_them() {
    let dock = Subject::restante().await;
    dock.backend.answers_after("message", 200, Duration::from_millis(50));
    let mut wallet = dock.dial().await;
    for number in 0..5 {
        wallet.say(&number.to_string()).await;
    }
    wallet.close().await;
    dock.backend.call("disconnect", 1).await;
    assert_eq!(dock.backend.messages(), ["0", "1", "2", "3", "4"]);
    assert_eq!(dock.backend.order().last().map(String::as_str), Some("disconnect"));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_before_a_wallet_vanishes_arrive_too() {
    let dock = Subject::restante().await;
    for round in 1..=10 {
        let mut wallet = dock.dial().await;
        wallet.say("last words").await;
        wallet.vanish();
        dock.backend.call("disconnect", round).await;
        assert_eq!(dock.backend.messages().len(), round);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_socket_is_told_at_once() {
    let dock = Subject::restante().await;
    for round in 1..=5 {
        let wallet = dock.dial().await;
        dock.backend.call("connect", round).await;
        let closed = Instant::now();
        wallet.close().await;
        let told = dock.backend.call("disconnect", round).await.at;
        assert!(told - closed < Duration::from_secs(1), "after {:?}", told - closed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_connect_closes_with_1008_and_ends_nothing() {
    let dock = Subject::restante().await;
    dock.backend.answers("connect", 403);
    let mut wallet = dock.dial().await;
    wallet.say("unheard").await;
    assert_eq!(wallet.end().await, End::Closed(Some(1008)));
    dock.backend.answers("connect", 200);
    dock.dial().await.close().await;
    // The second socket's, for the first one never began.
    let end = dock.backend.call("disconnect", 1).await;
    assert_eq!(end.id(), dock.backend.call("connect", 2).await.id());
    assert_eq!(dock.backend.messages().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_numbered_and_a_second_try_has_the_same_number() {
    let dock = Subject::restante().await;
    let mut wallet = dock.dial().await;
    wallet.say("one").await;
    dock.backend.call("message", 1).await;
    dock.backend.answers("message", 500);
    wallet.say("two").await;
    dock.backend.call("message", 3).await;
    dock.backend.answers("message", 204);
    wallet.say("three").await;
    while dock.backend.messages().last().is_none_or(|last| last != "three") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let number = |call: &Call| call.json["meta"]["number"].as_u64();
    let mut numbers: Vec<_> = dock.backend.calls("message").iter().filter_map(number).collect();
    assert!(numbers.iter().filter(|number| **number == 2).count() >= 2, "{numbers:?}");
    numbers.dedup();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_share_connections() {
    let dock = Subject::restante().await;
    let mut wallet = dock.dial().await;
    for number in 1..=50 {
        wallet.say("x").await;
        dock.backend.call("message", number).await;
    }
    let connections = dock.backend.call("message", 50).await.connections;
    assert!(connections <= 2, "{connections} connections for 51 calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_announced_with_path_query_and_address() {
    let dock = Subject::restante().await;
    let asked = [("x-tenant", "7"), ("x-tenant", "8")];
    let mut wallet =
        Wallet::dial_with(dock.address(), "/?token=a%20b", &asked).await.expect("a socket");
    wallet.send(Message::text("hello")).await;
    let meta = dock.backend.call("connect", 1).await.json["meta"].clone();
    assert_eq!(meta["path"], "/");
    assert_eq!(meta["query"], "token=a%20b");
    assert_eq!(meta["remote"], "127.0.0.1");
    assert_eq!(meta["headers"]["x-tenant"], "7");
}
