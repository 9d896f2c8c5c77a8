//! How sockets and the dock itself end.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;

use crate::subject::{Subject, free_address};
use crate::wallet::End;

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_that_is_told_to_end_closes_its_sockets_and_says_so() {
    let mut dock = Subject::restante().await;
    let mut wallets = Vec::new();
    for _ in 0..20 {
        let mut wallet = dock.dial().await;
        wallet.say("here").await;
        wallets.push(wallet);
    }
    dock.backend.call("message", 20).await;
    dock.server().terminate();
    for wallet in &mut wallets {
        assert_eq!(wallet.end().await, End::Closed(Some(1001)));
    }
    assert_eq!(dock.server().ended().await, Some(0));
    assert_eq!(dock.backend.calls("disconnect").len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_that_ends_finishes_what_it_has_begun() {
    let private = free_address();
    let mut dock = Subject::with(&[&format!("dock.private_listen={private}")]).await;
    dock.backend.answers_after("message", 200, Duration::from_millis(500));
    let mut wallet = dock.dial().await;
    for number in 0..3 {
        wallet.say(&number.to_string()).await;
    }
    dock.backend.call("message", 1).await;
    dock.server().terminate();
    assert_eq!(wallet.end().await, End::Closed(Some(1001)));
    assert_eq!(dock.server().ended().await, Some(0));
    assert_eq!(dock.backend.messages(), ["0", "1", "2"]);
    assert_eq!(dock.backend.order().last().map(String::as_str), Some("disconnect"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_that_ends_does_not_wait_for_a_backend_that_is_away_beyond_its_deadline() {
    let mut dock = Subject::with(&["shutdown.deadline=2s"]).await;
    let mut wallet = dock.dial().await;
    dock.backend.call("connect", 1).await;
    dock.backend.answers("disconnect", 503);
    let began = Instant::now();
    dock.server().terminate();
    assert_eq!(wallet.end().await, End::Closed(Some(1001)));
    assert_eq!(dock.server().ended().await, Some(0));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_wallets_come_back_and_the_backend_finds_the_old_sockets_gone() {
    let mut dock = Subject::restante().await;
    let mut wallet = dock.dial().await;
    let old = dock.backend.call("connect", 1).await;
    dock.server().kill();
    assert_eq!(wallet.end().await, End::Broken);
    dock.server().start_again().await;
    let mut wallet = dock.dial().await;
    let new = dock.backend.call("connect", 2).await;
    assert_eq!(dock.post(old.send(), "text/plain", "x").await.0, 404);
    assert_eq!(dock.post(new.send(), "text/plain", "welcome back").await.0, 200);
    assert_eq!(wallet.hear().await, Message::text("welcome back"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_answers_no_ping_is_let_go_and_one_that_does_is_not() {
    let dock = Subject::with(&["dock.ping_every=200ms", "dock.ping_patience=2s"]).await;
    // Nobody listens to this one, so nobody answers.
    let _deaf = dock.dial().await;
    let deaf = dock.backend.call("connect", 1).await;
    let mut awake = dock.dial().await;
    dock.backend.call("connect", 2).await;
    assert_eq!(awake.hear_within(Duration::from_secs(6)).await, None);
    let end = dock.backend.call("disconnect", 1).await;
    assert_eq!(end.id(), deaf.id());
    awake.say("still here").await;
    dock.backend.call("message", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_without_messages_is_closed_if_the_operator_says_so() {
    let dock = Subject::with(&["dock.idle=3s", "dock.ping_every=300ms"]).await;
    let (mut idle, mut busy) = (dock.dial().await, dock.dial().await);
    let talk = async {
        for _ in 0..8 {
            busy.say("x").await;
            sleep(Duration::from_millis(500)).await;
        }
    };
    let (end, ()) = tokio::join!(idle.end(), talk);
    assert_eq!(end, End::Closed(Some(4003)));
    dock.backend.call("message", 8).await;
}
