//! Peers that send too much, too odd, or do not read.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

use crate::subject::Subject;
use crate::wallet::End;

/// The dock still does its work.
async fn is_well(dock: &Subject) {
    dock.backend.answers("message", 200);
    let before = dock.backend.calls("message").len();
    let mut wallet = dock.dial().await;
    wallet.say("well?").await;
    assert_eq!(dock.backend.call("message", before + 1).await.message(), "well?");
    wallet.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_closes_with_1009_and_one_at_it_does_not() {
    let dock = Subject::with(&["dock.frame_bytes=1MiB"]).await;
    let mut wallet = dock.dial().await;
    wallet.say(&"x".repeat(1 << 20)).await;
    assert_eq!(dock.backend.call("message", 1).await.message().len(), 1 << 20);
    wallet.say(&"x".repeat((1 << 20) + 1)).await;
    let end = wallet.end().await;
    // What is still under way may turn the goodbye into a reset.
    assert!(end == End::Closed(Some(1009)) || end == End::Broken, "{end:?}");
    is_well(&dock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_that_is_no_text_closes_with_1003() {
    let dock = Subject::restante().await;
    let mut wallet = dock.dial().await;
    wallet.say("before").await;
    wallet.send(Message::binary(&[0xff, 0xfe][..])).await;
    assert_eq!(wallet.end().await, End::Closed(Some(1003)));
    dock.backend.call("disconnect", 1).await;
    assert_eq!(dock.backend.messages(), ["before"]);
    is_well(&dock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_that_is_no_text_comes_in_base64_to_a_backend_that_wants_it() {
    let dock = Subject::with(&["dock.base64=true"]).await;
    let mut wallet = dock.dial().await;
    wallet.send(Message::binary(&[0xff, 0xfe][..])).await;
    wallet.send(Message::binary(&b"text"[..])).await;
    let odd = dock.backend.call("message", 1).await;
    assert_eq!((odd.message(), &odd.json["meta"]["encoding"]), ("//4=", &"base64".into()));
    let text = dock.backend.call("message", 2).await;
    assert!(text.message() == "text" && text.json["meta"]["encoding"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_does_not_read_fills_its_outbox_and_is_closed() {
    let dock = Subject::with(&["dock.outbox_bytes=256KiB", "transport.write_timeout=1s"]).await;
    let _wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    let payload = "x".repeat(200_000);
    let mut full = 0;
    for _ in 0..200 {
        match dock.post(connect.send(), "text/plain", payload.clone()).await.0 {
            StatusCode::OK => {}
            StatusCode::SERVICE_UNAVAILABLE => {
                full += 1;
                sleep(Duration::from_millis(100)).await;
            }
            StatusCode::NOT_FOUND => break,
            other => panic!("{other}"),
        }
    }
    assert!(full > 0, "the outbox never was full");
    // A second for the message, and one for each 8 KiB of it.
    dock.backend.call("disconnect", 1).await;
    is_well(&dock).await;
}

/// Sends to a socket until no more is taken, also after a while.
async fn fill(dock: &Subject, uri: &str) {
    let payload = "x".repeat(200_000);
    let mut refused = 0;
    while refused < 3 {
        match dock.post(uri, "text/plain", payload.clone()).await.0 {
            StatusCode::OK => refused = 0,
            StatusCode::SERVICE_UNAVAILABLE => {
                refused += 1;
                sleep(Duration::from_millis(50)).await;
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_does_not_read_holds_no_turn_of_others() {
    const THINKS: Duration = Duration::from_secs(5);
    let settings = ["dock.parallel=1", "dock.outbox_bytes=256KiB", "transport.write_timeout=20s"];
    let dock = Subject::with(&settings).await;
    let (mut slow, mut other) = (dock.dial().await, dock.dial().await);
    dock.backend.call("connect", 2).await;
    dock.backend.answers_after("message", 200, THINKS);
    slow.say("slow").await;
    let first = dock.backend.call("message", 1).await;
    dock.backend.answers("message", 200);
    fill(&dock, first.send()).await;
    assert!(first.at.elapsed() < THINKS, "its callback is open all the while");
    other.say("other").await;
    let second = dock.backend.call("message", 2).await;
    assert_eq!(second.message(), "other");
    let answered = first.at + THINKS;
    assert!(second.at < answered + Duration::from_secs(2), "{:?}", second.at - answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_socket_gets_a_status() {
    let dock = Subject::restante().await;
    let address = dock.address();
    for (request, status) in [
        ("GET /ws HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", "426"),
        ("GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", "404"),
        ("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "405"),
        (
            "PUT /socket/0/send HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "405",
        ),
        ("\x16\x03\x01\r\n\r\n", "400"),
    ] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("room for a little");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request:?}: {answer:?}");
    }
    is_well(&dock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_over_the_limit_is_refused_and_the_socket_stays() {
    let dock = Subject::with(&["dock.frame_bytes=64KiB"]).await;
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    let (status, _) = dock.post(connect.send(), "text/plain", vec![b'x'; 65 << 10]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, _) = dock.post(connect.send(), "text/plain", vec![0xff]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    dock.post(connect.send(), "text/plain", "still there").await;
    assert_eq!(wallet.hear().await, Message::text("still there"));
}
