//! What arrives is what was pushed.

use std::time::Duration;

use acapy::deliverer::{Options, Schedule};
use futures_util::{SinkExt, StreamExt};
use testkit::Site;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_posted_with_exactly_its_headers() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    let headers = r#"{"Content-Type": "application/json", "x-wallet-id": "w", "x-api-key": "k"}"#;
    stage.push_with(&endpoint.url("/a?b=c"), "{}", headers).await;
    let running = stage.deliver();
    endpoint.until(1).await;
    let came = &endpoint.came()[0];
    assert_eq!((came.path.as_str(), came.text().as_str()), ("/a?b=c", "{}"));
    let mut names: Vec<_> = came.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let framing = ["accept", "content-length", "content-type", "host", "x-api-key", "x-wallet-id"];
    assert_eq!(names, framing);
    assert_eq!(came.headers["x-wallet-id"], "w");
    stage.until_empty().await;
    assert_eq!(running.tally.counts()[0], ("delivered", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_websocket_a_message_is_one_binary_frame() {
    let stage = Stage::set().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    stage.push(&format!("ws://{}/", listener.local_addr().unwrap()), "over ws").await;
    let _running = stage.deliver();
    let (stream, _) = listener.accept().await.unwrap();
    let mut socket = accept_async(stream).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary("over ws"));
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    let _ = socket.close(None).await;
    while socket.next().await.is_some() {}
    stage.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_not_forgotten_before_its_socket_is_closed() {
    let stage = Stage::set().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    stage.push(&format!("ws://{}/", listener.local_addr().unwrap()), "twice").await;
    let _running = stage.deliver();
    for last in [false, true] {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary("twice"));
        // The first time it breaks off without a word.
        if last {
            let _ = socket.send(Message::Close(None)).await;
            while socket.next().await.is_some() {}
        }
    }
    stage.until_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_tried_again() {
    let stage = Stage::set().await;
    let port = servers::free_port();
    stage.push(&format!("http://127.0.0.1:{port}/"), "late").await;
    let schedule = Schedule { retries: 50, first: Duration::from_millis(100) };
    let running = stage.deliver_with(Options { schedule, ..stage.options() });
    crate::stage::until("it was put off", async || running.tally.counts()[1].1 > 0).await;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let came = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await;
    assert!(came.is_ok());
}
