//! How a port ends.

mod common;

use std::time::Duration;

use common::{open, post, rest, status, tight};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use transport::{Count, Limits};

#[tokio::test]
async fn a_request_in_hand_is_answered_and_the_port_ends() {
    let port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(post("slow", "text/plain").replace("connection: close\r\n", "").as_bytes())
        .await
        .unwrap();
    port.counts(Count::Posts, 1).await;
    port.drain.cancel();
    let response = rest(&mut tcp).await;
    assert_eq!(status(&response), 202);
    assert!(response.contains("connection: close\r\n"), "{response}");
    port.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn nobody_new_gets_in() {
    let port = open(tight()).await;
    port.drain.cancel();
    let address = port.address;
    port.served.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn sockets_are_told_to_come_again() {
    let port = open(tight()).await;
    let url = format!("ws://{}/", port.address);
    let (mut socket, _) = client_async(url, port.connect().await).await.unwrap();
    port.counts(Count::Sockets, 1).await;
    port.drain.cancel();
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else {
        panic!("no close frame")
    };
    assert_eq!(frame.code, CloseCode::Away);
    socket.close(None).await.ok();
    port.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn connections_at_rest_are_closed_at_once() {
    let port = open(Limits {
        idle: Duration::from_secs(600),
        header_timeout: Duration::from_secs(600),
        ..tight()
    })
    .await;
    let mut tcp = port.connect().await;
    tcp.write_all(post("forward", "text/plain").replace("connection: close\r\n", "").as_bytes())
        .await
        .unwrap();
    tcp.readable().await.unwrap();
    port.drain.cancel();
    assert_eq!(status(&rest(&mut tcp).await), 202);
    port.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_does_not_end_is_cut_at_the_deadline() {
    let port = open(Limits { body_timeout: Duration::from_secs(600), ..tight() }).await;
    let mut tcp = port.connect().await;
    tcp.write_all(b"POST / HTTP/1.1\r\nhost: m\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    port.drain.cancel();
    port.served.await.unwrap().unwrap();
    assert_eq!(rest(&mut tcp).await, "");
}

#[tokio::test]
async fn until_the_sockets_are_closed_requests_are_served_and_new_sockets_refused() {
    let port = open(tight()).await;
    let mut sockets = Vec::new();
    for _ in 0..64 {
        let url = format!("ws://{}/", port.address);
        sockets.push(client_async(url, port.connect().await).await.unwrap().0);
    }
    port.counts(Count::Sockets, 64).await;
    port.drain.cancel();
    let response = port.exchange(post("forward", "text/plain").as_bytes()).await;
    assert_eq!(status(&response), 202);
    assert_eq!(status(&port.get("/health/ready").await), 503);
    let late = client_async(format!("ws://{}/", port.address), port.connect().await).await;
    assert!(matches!(late, Err(Error::Http(response)) if response.status() == 503));
    let closed = futures_util::future::join_all(sockets.iter_mut().map(|socket| async {
        let first = socket.next().await;
        socket.close(None).await.ok();
        matches!(first, Some(Ok(Message::Close(Some(frame)))) if frame.code == CloseCode::Away)
    }));
    assert!(closed.await.into_iter().all(|closed| closed));
    port.served.await.unwrap().unwrap();
    assert!(TcpStream::connect(port.address).await.is_err());
}
