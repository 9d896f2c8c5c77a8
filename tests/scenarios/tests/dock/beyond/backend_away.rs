//! A backend that is away, slow, or answers nonsense.

use std::time::Duration;

use reqwest::Client;
use testkit::{Server, ServerOptions};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::backend::Backend;
use crate::subject::{Subject, free_address, uris};
use crate::wallet::{End, Wallet};

const IMPATIENT: [&str; 3] =
    ["dock.patience=700ms", "dock.retry_first=50ms", "dock.retry_most=200ms"];

async fn dock_before(backend: std::net::SocketAddr, settings: &[&str]) -> Server {
    let uris = uris(backend);
    let uris: Vec<_> = uris.iter().map(String::as_str).collect();
    Server::start_with(ServerOptions::dock(&uris).and(settings)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_the_backend_was_away_arrives_in_order_when_it_is_back() {
    let address = free_address();
    let dock = dock_before(address, &["dock.retry_most=200ms"]).await;
    let mut wallet = Wallet::dial(dock.address()).await;
    for number in 0..20 {
        wallet.say(&number.to_string()).await;
    }
    sleep(Duration::from_millis(500)).await;
    let backend = Backend::start_at(address).await;
    backend.call("message", 20).await;
    let expected: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(backend.messages(), expected);
    assert_eq!(backend.order()[0], "connect");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_dies_and_comes_back_has_every_message() {
    let address = free_address();
    let first = Backend::start_at(address).await;
    let dock = dock_before(address, &["dock.retry_most=200ms"]).await;
    let mut wallet = Wallet::dial(dock.address()).await;
    wallet.say("before").await;
    first.call("message", 1).await;
    drop(first);
    wallet.say("meanwhile").await;
    sleep(Duration::from_millis(300)).await;
    let second = Backend::start_at(address).await;
    second.call("message", 1).await;
    sleep(Duration::from_millis(300)).await;
    // It may have died between taking the first one and saying so: then that one comes again, before the other.
    let mut came = second.messages();
    came.retain(|message| message != "before");
    assert_eq!(came, ["meanwhile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_patience_is_over_the_socket_is_closed_with_1013() {
    let dock = dock_before(free_address(), &IMPATIENT).await;
    let mut wallet = Wallet::dial(dock.address()).await;
    wallet.say("for nobody").await;
    assert_eq!(wallet.end().await, End::Closed(Some(1013)));
    assert!(dock.log().contains("the backend is not reached"), "{}", dock.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_told_is_counted_as_lost() {
    let admin = free_address();
    let admin_listen = format!("admin.listen={admin}");
    let dock = Subject::with(&[&IMPATIENT[..], &[admin_listen.as_str()]].concat()).await;
    let mut wallet = dock.dial().await;
    dock.backend.call("connect", 1).await;
    dock.backend.answers("message", 503);
    wallet.say("one").await;
    wallet.say("two").await;
    assert_eq!(wallet.end().await, End::Closed(Some(1013)));
    dock.backend.call("disconnect", 1).await;
    let metrics = metrics(admin).await;
    assert!(metrics.contains(r#"restante_dock_total{event="lost"} 2"#), "{metrics}");
    assert!(metrics.contains("restante_dock_waiting 0"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_socket_is_told_again_while_patience_lasts_and_then_counted() {
    let admin = free_address();
    let admin_listen = format!("admin.listen={admin}");
    let dock = Subject::with(&[&IMPATIENT[..], &[admin_listen.as_str()]].concat()).await;
    let wallet = dock.dial().await;
    dock.backend.call("connect", 1).await;
    dock.backend.answers("disconnect", 503);
    drop(wallet);
    dock.backend.call("disconnect", 3).await;
    let given_up = r#"restante_dock_total{event="ends_untold"} 1"#;
    let patience = Instant::now() + Duration::from_secs(20);
    while !metrics(admin).await.contains(given_up) {
        assert!(Instant::now() < patience, "{}", metrics(admin).await);
        sleep(Duration::from_millis(50)).await;
    }
}

async fn metrics(admin: std::net::SocketAddr) -> String {
    let metrics = Client::new().get(format!("http://{admin}/metrics")).send().await;
    metrics.expect("metrics").text().await.expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let dock = Subject::with(&IMPATIENT).await;
    for redirect in [301, 307] {
        dock.backend.answers("message", redirect);
        let mut wallet = dock.dial().await;
        wallet.say("where to?").await;
        assert_eq!(wallet.end().await, End::Closed(Some(1013)), "{redirect}");
    }
    let strays = dock.backend.calls("/elsewhere");
    assert!(strays.is_empty(), "{strays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_for_the_backend_closes_its_socket_with_1009() {
    let dock = Subject::restante().await;
    let mut wallet = dock.dial().await;
    dock.backend.answers("message", 413);
    wallet.say("large").await;
    assert_eq!(wallet.end().await, End::Closed(Some(1009)));
    dock.backend.call("disconnect", 1).await;
    assert_eq!(dock.backend.messages(), ["large"], "it would be no smaller the next time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_does_not_believe_the_dock_is_told_again_until_it_does() {
    let dock = Subject::with(&["dock.retry_first=50ms"]).await;
    let mut wallet = dock.dial().await;
    dock.backend.call("connect", 1).await;
    for (disbelief, told) in [(401, 1), (403, 2)] {
        let before = dock.backend.calls("message").len();
        dock.backend.answers("message", disbelief);
        wallet.say(&disbelief.to_string()).await;
        dock.backend.call("message", before + 2).await;
        dock.backend.answers("message", 200);
        wallet.say("believed").await;
        until_told(&dock, "believed", told).await;
        assert_eq!(dock.backend.messages()[before..].last().map(String::as_str), Some("believed"));
    }
}

async fn until_told(dock: &Subject, words: &str, times: usize) {
    let patience = Instant::now() + Duration::from_secs(20);
    while dock.backend.messages().iter().filter(|message| *message == words).count() < times {
        assert!(Instant::now() < patience, "{:?}", dock.backend.messages());
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_of_a_dock_that_is_not_believed_is_told_so_with_1013() {
    for disbelief in [401, 403] {
        let dock = Subject::with(&IMPATIENT).await;
        let mut wallet = dock.dial().await;
        dock.backend.call("connect", 1).await;
        dock.backend.answers("message", disbelief);
        wallet.say("who am I?").await;
        assert_eq!(wallet.end().await, End::Closed(Some(1013)), "{disbelief}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_takes_too_long_is_asked_again() {
    let dock = Subject::with(&["dock.timeout=300ms", "dock.retry_first=50ms"]).await;
    let mut wallet = dock.dial().await;
    dock.backend.call("connect", 1).await;
    dock.backend.answers_after("message", 200, Duration::from_secs(60));
    wallet.say("slow").await;
    dock.backend.call("message", 1).await;
    dock.backend.answers("message", 200);
    dock.backend.call("message", 2).await;
    wallet.say("next").await;
    assert_eq!(dock.backend.call("message", 3).await.message(), "next");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_sends_more_than_waits_is_held_back_and_nothing_is_lost() {
    let dock = Subject::with(&["dock.inbox_bytes=64KiB"]).await;
    dock.backend.answers_after("connect", 200, Duration::from_secs(2));
    let mut wallet = dock.dial().await;
    let payload = "x".repeat(100_000);
    let began = Instant::now();
    // More than the inbox and the buffers of TCP hold.
    for _ in 0..200 {
        wallet.say(&payload).await;
    }
    assert!(began.elapsed() > Duration::from_secs(1), "nobody held it back");
    dock.backend.call("message", 200).await;
    assert!(dock.backend.messages().iter().all(|message| message.len() == payload.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_answers_nonsense_is_asked_again() {
    let junk = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let dock = dock_before(junk.local_addr().expect("its address"), &IMPATIENT).await;
    let answers = ["hello\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "", "\0\0"];
    let talking = tokio::spawn(async move {
        for answer in answers.iter().cycle() {
            let (mut tcp, _) = junk.accept().await.expect("a call");
            tcp.write_all(answer.as_bytes()).await.expect("a dock that listens");
        }
    });
    let mut wallet = Wallet::dial(dock.address()).await;
    assert_eq!(wallet.end().await, End::Closed(Some(1013)));
    talking.abort();
}
