//! Somebody who is no dock calls at the door for docks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use protocols::client;
use servers::free_port;
use testkit::{History, Server, ServerOptions, Wallet};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::habits::{kept_promise, send_all, sender};
use crate::harbour::until_drained;
use crate::recorded::callback;

const KEY: &str = "RESTANTE_DOCKS__KEYS";

async fn call(door: SocketAddr, path: &str, body: &str) -> String {
    let mut tcp = TcpStream::connect(door).await.expect("the door is open");
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: door\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    tcp.write_all(request.as_bytes()).await.expect("the door listens");
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.expect("the door answers");
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

async fn with_door(options: impl FnOnce(SocketAddr) -> ServerOptions) -> (Server, SocketAddr) {
    let door = SocketAddr::from(([127, 0, 0, 1], free_port()));
    (Server::start_with(options(door)).await, door)
}

fn believes(door: SocketAddr, dock: &str) -> ServerOptions {
    ServerOptions::with(&[&format!("docks.listen={door}"), &format!("docks.trusted={dock}")])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_is_called_that_nobody_named() {
    let victim = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = victim.local_addr().expect("its address");
    let (_server, door) = with_door(|door| believes(door, "http://127.0.0.1:9")).await;
    for send in [
        format!("http://{address}/socket/ab/send"),
        format!("http://127.0.0.1:9@{address}/socket/ab/send"),
        format!("http://127.0.0.1:9/../../{address}/socket/ab/send"),
    ] {
        let meta = format!(r#"{{"send":"{send}","connection_id":"ab"}}"#);
        let body = format!(r#"{{"meta":{meta},"message":"junk"}}"#);
        assert_eq!(call(door, "/dock/message", &body).await, "403", "{send}");
        assert_eq!(call(door, "/dock/connect", &body).await, "403", "{send}");
    }
    let called = timeout(Duration::from_secs(1), victim.accept()).await;
    assert!(called.is_err(), "somebody was called who is no dock");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_signature_nobody_is_believed_where_docks_sign() {
    let options = |door| {
        ServerOptions::with(&[&format!("docks.listen={door}")])
            .variable(KEY, "a-key-of-22-characters")
    };
    let (_server, door) = with_door(options).await;
    let meta = r#"{"send":"http://127.0.0.1:9/socket/ab/send","connection_id":"ab"}"#;
    let body = format!(r#"{{"meta":{meta},"message":"junk"}}"#);
    assert_eq!(call(door, "/dock/message", &body).await, "401");
    assert_eq!(call(door, "/dock/disconnect", r#"{"connection_id":"ab"}"#).await, "401");
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_is_refused_and_the_door_stays_open() {
    let (_server, door) = with_door(|door| believes(door, "http://127.0.0.1:9")).await;
    for junk in ["", "{}", "[1]", r#"{"connection_id":"../x"}"#, r#"{"meta":{"send":7}}"#] {
        for path in ["/dock/connect", "/dock/message", "/dock/disconnect"] {
            assert_eq!(call(door, path, junk).await, "400", "{path} {junk}");
        }
    }
    assert_eq!(call(door, "/dock/other", "{}").await, "404");
    assert_eq!(call(door, "/dock/disconnect", r#"{"connection_id":"ab"}"#).await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_be_as_large_as_on_a_socket_of_the_mediator_however_it_is_spelled() {
    let (_server, door) = with_door(|door| believes(door, "http://127.0.0.1:9")).await;
    let meta = r#"{"send":"http://127.0.0.1:9/socket/ab/send","connection_id":"ab"}"#;
    let body = |message: &str| format!(r#"{{"meta":{meta},"message":"{message}"}}"#);
    let (largest, escaped) = ("x".repeat(1 << 20), r"\u0001".repeat(1 << 20));
    for spelled in [&largest, &escaped] {
        assert_eq!(call(door, "/dock/message", &body(spelled)).await, "200");
    }
    assert_eq!(call(door, "/dock/message", &body(&format!("{largest}x"))).await, "413");
}

/// A dock that answers every send by pointing elsewhere.
async fn redirects_to(victim: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let (listener, asked) = (TcpListener::bind("127.0.0.1:0").await, Arc::<AtomicUsize>::default());
    let listener = listener.expect("a port");
    let (address, count) = (listener.local_addr().expect("its address"), asked.clone());
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let mut request = [0; 64 * 1024];
            if tcp.read(&mut request).await.is_ok_and(|read| read > 0) {
                count.fetch_add(1, Ordering::Relaxed);
            }
            let answer = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{victim}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = tcp.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_that_points_elsewhere_is_not_followed_and_the_mail_is_kept() {
    let victim = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = victim.local_addr().expect("its address");
    let (dock, asked) = redirects_to(address).await;
    let (server, door) = with_door(|door| believes(door, &format!("http://{dock}"))).await;
    let history = History::default();
    let wallet = Wallet::join(&server, 1, &history).await;
    send_all(&sender(&server, &history), &wallet, 0..3).await;
    let noop = wallet.agent().seal(&client::noop(&wallet.agent().id()));
    assert_eq!(call(door, "/dock/message", &callback(dock, 1, &noop)).await, "200");
    let called = timeout(Duration::from_secs(1), victim.accept()).await;
    assert!(called.is_err(), "the mail went where nobody named");
    assert!(asked.load(Ordering::Relaxed) > 0, "it was tried");
    until_drained(&wallet, &history).await;
    kept_promise(&history, async {}).await;
}
