//! Mail in a response is taken when the peer's TCP has all of it, and lost otherwise.
#![expect(clippy::unwrap_used, reason = "what the tests set up may fail them")]

mod common;

use std::time::Duration;

use common::{Fate, open, post, rest, tight};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use transport::Count;

fn ask(envelope: &str) -> String {
    post(envelope, "text/plain").replace("connection: close\r\n", "")
}

/// Closes with a reset instead of an orderly end.
fn reset(tcp: TcpStream) {
    tcp.set_zero_linger().unwrap();
}

#[tokio::test]
async fn mail_that_was_read_is_taken() {
    let mut port = open(tight()).await;
    assert!(port.post("mail").await.ends_with("letter"));
    assert_eq!(port.fates.recv().await, Some(Fate::Taken));
    assert_eq!(port.tally.of(Count::ReceiptsTaken), 1);
}

#[tokio::test]
async fn mail_on_a_connection_that_stays_open_is_taken() {
    let mut port = open(tight()).await;
    let mut tcp = port.connect().await;
    for _ in 0..2 {
        tcp.write_all(ask("mail").as_bytes()).await.unwrap();
        assert_eq!(port.fates.recv().await, Some(Fate::Taken));
    }
}

#[tokio::test]
async fn mail_is_taken_although_the_next_answer_follows_at_once() {
    let mut port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(format!("{}{}", ask("mail"), ask("forward")).as_bytes()).await.unwrap();
    assert_eq!(port.fates.recv().await, Some(Fate::Taken));
}

#[tokio::test]
async fn mail_for_a_peer_that_reads_it_and_hangs_up_is_taken() {
    let mut port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(ask("mail").as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"letter") {
        response.push(tcp.read_u8().await.unwrap());
    }
    drop(tcp);
    assert_eq!(port.fates.recv().await, Some(Fate::Taken));
}

#[tokio::test]
async fn mail_that_the_peer_has_no_room_for_is_lost() {
    let mut port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(ask("heavy").as_bytes()).await.unwrap();
    // Something arrives, and then nobody reads on: the rest never leaves, and the connection is given up.
    tcp.readable().await.unwrap();
    assert_eq!(port.fates.recv().await, Some(Fate::Lost));
    assert_eq!(port.tally.of(Count::ReceiptsLost), 1);
}

#[tokio::test]
async fn mail_of_a_connection_that_is_reset_halfway_is_lost() {
    let mut port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(ask("heavy").as_bytes()).await.unwrap();
    tcp.read_exact(&mut [0; 1000]).await.unwrap();
    reset(tcp);
    assert_eq!(port.fates.recv().await, Some(Fate::Lost));
}

#[tokio::test]
async fn mail_that_the_peer_dies_upon_is_lost() {
    let mut port = open(tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(ask("mail").as_bytes()).await.unwrap();
    tcp.readable().await.unwrap();
    // Its kernel has acknowledged the letter, but the program goes away without reading it.
    reset(tcp);
    assert_eq!(port.fates.recv().await, Some(Fate::Lost));
}

#[tokio::test]
async fn mail_for_a_peer_that_reads_slowly_is_taken() {
    let mut port = open(common::tight()).await;
    let mut tcp = port.connect().await;
    tcp.write_all(post("heavy", "text/plain").as_bytes()).await.unwrap();
    for _ in 0..5 {
        tcp.read_exact(&mut [0; 100_000]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rest(&mut tcp).await;
    assert_eq!(port.fates.recv().await, Some(Fate::Taken));
}
