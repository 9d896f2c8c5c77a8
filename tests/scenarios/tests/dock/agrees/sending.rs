//! What the backend sends, and how it ends a socket.

use std::time::Duration;

use reqwest::StatusCode;
use tokio_tungstenite::tungstenite::Message;

use crate::subject::Subject;
use crate::wallet::End;

pub async fn exactly_text_plain_goes_out_as_text(dock: Subject) {
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    let told = dock.post(connect.send(), "text/plain", "grüezi").await;
    assert_eq!(told, (StatusCode::OK, "OK".to_owned()));
    assert_eq!(wallet.hear().await, Message::text("grüezi"));
}

pub async fn every_other_type_goes_out_as_binary(dock: Subject) {
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    for other in [
        "text/plain; charset=utf-8",
        "application/json",
        "application/didcomm-envelope-enc",
        "TEXT/PLAIN",
    ] {
        let (status, _) = dock.post(connect.send(), other, "{}").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(wallet.hear().await, Message::binary(&b"{}"[..]), "{other}");
    }
}

pub async fn what_is_sent_arrives_in_order(dock: Subject) {
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    for number in 0..50 {
        dock.post(connect.send(), "text/plain", number.to_string()).await;
    }
    for number in 0..50 {
        assert_eq!(wallet.hear().await, Message::text(number.to_string()));
    }
}

pub async fn what_is_sent_before_the_connect_callback_is_answered_arrives(dock: Subject) {
    dock.backend.answers_after("connect", 200, Duration::from_secs(5));
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    dock.post(connect.send(), "text/plain", "welcome").await;
    let welcome = wallet.hear_within(Duration::from_secs(4)).await;
    assert_eq!(welcome, Some(Message::text("welcome")));
}

pub async fn an_empty_body_is_an_empty_frame(dock: Subject) {
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    let (status, _) = dock.post(connect.send(), "text/plain", "").await;
    assert_eq!((status, wallet.hear().await), (StatusCode::OK, Message::text("")));
}

pub async fn a_disconnect_closes_with_1000(dock: Subject) {
    let mut wallet = dock.dial().await;
    let connect = dock.backend.call("connect", 1).await;
    let (told, end) =
        tokio::join!(dock.post(connect.disconnect(), "text/plain", "ignored"), wallet.end());
    assert_eq!(told, (StatusCode::OK, "OK".to_owned()));
    assert_eq!(end, End::Closed(Some(1000)));
    assert_eq!(dock.backend.call("disconnect", 1).await.id(), connect.id());
}
