//! Wallets that say something and wait until it comes back.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{sockets, source};

const BYTES: usize = 64;

/// How long each round trip took that so many clients made in this time.
pub async fn round_trips(dock: SocketAddr, clients: usize, span: Duration) -> Vec<Duration> {
    let end = Instant::now() + span;
    let running = (0..clients).map(|_| tokio::spawn(client(dock, end)));
    join_all(running).await.into_iter().flat_map(|trips| trips.expect("a client")).collect()
}

async fn client(dock: SocketAddr, end: Instant) -> Vec<Duration> {
    let mut socket = sockets::open(dock, source(190_000)).await.expect("a socket");
    let mut took = Vec::new();
    while Instant::now() < end {
        let began = Instant::now();
        socket.send(Message::text("x".repeat(BYTES))).await.expect("a dock that listens");
        match socket.next().await {
            Some(Ok(Message::Text(_))) => took.push(began.elapsed()),
            Some(Ok(_)) => {}
            end => panic!("the dock has gone: {end:?}"),
        }
    }
    let _ = socket.close(None).await;
    took
}
