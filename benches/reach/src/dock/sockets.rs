//! Plain WebSockets, with small buffers.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt, stream};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

pub type Plain = WebSocketStream<TcpStream>;

/// A socket from this address to a dock; `None` if there was none to be had.
pub async fn open(dock: SocketAddr, from: SocketAddr) -> Option<Plain> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(from).ok()?;
    let tcp = socket.connect(dock).await.ok()?;
    tcp.set_nodelay(true).ok()?;
    let config = WebSocketConfig::default().read_buffer_size(512).write_buffer_size(0);
    let opened = client_async_with_config(format!("ws://{dock}/ws"), tcp, Some(config)).await;
    Some(opened.ok()?.0)
}

/// Opens so many sockets, each of which says something, hears the answer and closes.
pub async fn come_and_go(dock: SocketAddr, count: usize, at_a_time: usize) {
    let visits = (0..count).map(|number| async move {
        if let Some(mut socket) = open(dock, super::source(number % 200_000)).await {
            let _ = socket.send(Message::text("hello")).await;
            let _ = socket.next().await;
            let _ = socket.close(None).await;
            while let Some(Ok(_)) = socket.next().await {}
        }
    });
    stream::iter(visits).buffer_unordered(at_a_time).for_each(|()| std::future::ready(())).await;
}
