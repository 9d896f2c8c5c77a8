//! Who may send to sockets, and from where.

use reqwest::StatusCode;
use tokio_tungstenite::tungstenite::Message;

use crate::subject::{Subject, free_address, told};
use crate::wallet::{End, Wallet};

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_gone_is_answered_with_404() {
    let dock = Subject::restante().await;
    let wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    wallet.close().await;
    dock.backend.call("disconnect", 1).await;
    let fail = (StatusCode::NOT_FOUND, "FAIL".to_owned());
    assert_eq!(dock.post(connect.send(), "text/plain", "x").await, fail);
    assert_eq!(dock.post(connect.disconnect(), "text/plain", "").await, fail);
    for junk in ["0", "..%2f..", "ffffffffffffffffffffffffffffffff", &"f".repeat(4000)] {
        let uri = format!("http://{}/socket/{junk}/send", dock.address());
        assert_eq!(dock.post(&uri, "text/plain", "x").await.0, StatusCode::NOT_FOUND, "{junk}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_gone_can_be_answered_with_500_as_socketdock_does() {
    let dock = Subject::with(&["dock.unknown_is_500=true"]).await;
    let uri = format!("http://{}/socket/{}/send", dock.address(), "f".repeat(32));
    let fail = (StatusCode::INTERNAL_SERVER_ERROR, "FAIL".to_owned());
    assert_eq!(dock.post(&uri, "text/plain", "x").await, fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_only_who_shows_it_sends_and_disconnects() {
    let key = "an operator's long secret";
    let dock = Subject::with_secrets(&[], &[("RESTANTE_DOCK__BEARER", key)]).await;
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    for uri in [connect.send(), connect.disconnect()] {
        for shown in ["", "Bearer ", "Bearer wrong", "Basic x", "Bearer an operator's long secre"] {
            let request = dock.http.post(uri).header("authorization", shown).body("no");
            let (status, _) = told(request.send().await.expect("an answer")).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{shown}");
        }
    }
    let request = dock.http.post(connect.send()).bearer_auth(key).body("yes");
    assert_eq!(told(request.send().await.expect("an answer")).await.0, StatusCode::OK);
    assert_eq!(wallet.hear().await, Message::binary(&b"yes"[..]));
    let status = format!("http://{}/status", dock.address());
    assert_eq!(dock.http.get(&status).send().await.expect("an answer").status(), 401);
    let request = dock.http.get(&status).bearer_auth(key);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_port_takes_sends_and_no_sockets_and_the_public_one_the_reverse() {
    let private = free_address();
    let dock = Subject::with(&[&format!("dock.private_listen={private}")]).await;
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    assert_eq!(connect.send(), format!("http://{private}/socket/{}/send", connect.id()));
    let (status, _) = dock.post(connect.send(), "text/plain", "from inside").await;
    assert_eq!((status, wallet.hear().await), (StatusCode::OK, Message::text("from inside")));
    let outside = format!("http://{}/socket/{}/send", dock.address(), connect.id());
    assert_eq!(dock.post(&outside, "text/plain", "x").await.0, StatusCode::NOT_FOUND);
    assert!(Wallet::dial_with(private, "/ws", &[]).await.is_err(), "a socket at the private port");
    let status = dock.http.get(format!("http://{private}/status")).send().await;
    let status: serde_json::Value =
        serde_json::from_str(&told(status.expect("an answer")).await.1).expect("JSON");
    let (active, lifetime) = (&status["connections"]["active"], &status["connections"]["lifetime"]);
    assert_eq!((active, lifetime), (&1.into(), &1.into()));
    assert!(status["uptime"]["ns"].is_u64() && status["uptime"]["seconds"].is_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_shared_port_nobody_is_told_the_status() {
    let dock = Subject::restante().await;
    let status = dock.http.get(format!("http://{}/status", dock.address())).send().await;
    assert_eq!(status.expect("an answer").status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_disconnect_still_arrives() {
    let dock = Subject::restante().await;
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    for number in 0..20 {
        dock.post(connect.send(), "text/plain", number.to_string()).await;
    }
    let (_, heard) = tokio::join!(dock.post(connect.disconnect(), "text/plain", ""), async {
        for number in 0..20 {
            assert_eq!(wallet.hear().await, Message::text(number.to_string()));
        }
        wallet.end().await
    });
    assert_eq!(heard, End::Closed(Some(1000)));
}
