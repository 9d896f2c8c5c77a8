//! What the backend is called with.

use std::time::Duration;

use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

use crate::subject::Subject;

const A_WHILE: Duration = Duration::from_millis(300);

pub async fn a_socket_is_announced_before_its_first_message(dock: Subject) {
    dock.backend.answers_after("connect", 200, A_WHILE);
    let mut wallet = dock.dial().await;
    wallet.say("hello").await;
    let message = dock.backend.call("message", 1).await;
    let connect = dock.backend.call("connect", 1).await;
    assert!(message.at - connect.at >= A_WHILE, "the message came first");
    assert_eq!(connect.id(), message.id());
    assert!(connect.id().len() == 32 && connect.id().bytes().all(|b| b.is_ascii_hexdigit()));
    assert!(connect.json["meta"]["headers"]["host"].is_string(), "{}", connect.json);
    assert_eq!(connect.headers["content-type"], "application/json");
    for (uri, what) in [(connect.send(), "send"), (connect.disconnect(), "disconnect")] {
        assert_eq!(uri, format!("http://{}/socket/{}/{what}", dock.address(), connect.id()));
    }
}

pub async fn a_message_arrives_as_a_string(dock: Subject) {
    let mut wallet = dock.dial().await;
    wallet.say(r#"{"é":"\n"}"#).await;
    wallet.send(Message::binary(&b"binary, but text"[..])).await;
    let text = dock.backend.call("message", 1).await;
    assert_eq!(text.message(), r#"{"é":"\n"}"#);
    assert!(text.json["meta"]["send"].is_string() && text.json["meta"]["disconnect"].is_string());
    assert!(text.json["meta"]["headers"].is_null(), "{}", text.json);
    assert_eq!(dock.backend.call("message", 2).await.message(), "binary, but text");
}

pub async fn messages_of_one_socket_come_one_after_the_other(dock: Subject) {
    dock.backend.answers_after("message", 200, A_WHILE);
    let mut wallet = dock.dial().await;
    for number in 0..3 {
        wallet.say(&number.to_string()).await;
    }
    let last = dock.backend.call("message", 3).await;
    let calls = dock.backend.calls("message");
    assert!(last.at - calls[0].at >= A_WHILE * 2, "they overlap");
    assert_eq!(dock.backend.messages(), ["0", "1", "2"]);
}

pub async fn a_slow_socket_does_not_hold_up_another(dock: Subject) {
    dock.backend.answers_after("message", 200, Duration::from_secs(3));
    let (mut slow, mut other) = (dock.dial().await, dock.dial().await);
    slow.say("slow").await;
    let first = dock.backend.call("message", 1).await;
    other.say("other").await;
    let second = dock.backend.call("message", 2).await;
    assert!(second.at - first.at < Duration::from_secs(3));
    assert_ne!(first.id(), second.id());
}

pub async fn a_message_that_the_backend_refuses_leaves_the_socket_open(dock: Subject) {
    dock.backend.answers("message", 422);
    let mut wallet = dock.dial().await;
    wallet.say("no").await;
    dock.backend.call("message", 1).await;
    dock.backend.answers("message", 200);
    wallet.say("yes").await;
    dock.backend.call("message", 2).await;
    assert_eq!(dock.backend.messages(), ["no", "yes"]);
}

pub async fn an_empty_message_is_told_to_nobody(dock: Subject) {
    let mut wallet = dock.dial().await;
    wallet.say("").await;
    wallet.say("after it").await;
    assert_eq!(dock.backend.call("message", 1).await.message(), "after it");
}

pub async fn the_end_of_a_socket_is_told_with_its_id_alone(dock: Subject) {
    let mut wallet = dock.dial().await;
    wallet.say("hello").await;
    let message = dock.backend.call("message", 1).await;
    sleep(A_WHILE).await;
    wallet.close().await;
    let end = dock.backend.call("disconnect", 1).await;
    let fields: Vec<_> = end.json.as_object().expect("an object").keys().cloned().collect();
    assert_eq!((fields, end.id()), (vec!["connection_id".to_owned()], message.id()));
}
