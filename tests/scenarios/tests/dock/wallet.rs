//! The other end of a dock's socket.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::backend::COMES_WITHIN;

/// See the module.
pub struct Wallet {
    stream: WebSocketStream<TcpStream>,
}

/// How a socket ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Closed(Option<u16>),
    Broken,
}

impl Wallet {
    pub async fn dial(dock: SocketAddr) -> Self {
        Self::dial_with(dock, "/ws", &[]).await.expect("a socket")
    }

    pub async fn dial_with(
        dock: SocketAddr,
        target: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Self, Box<Error>> {
        let tcp = TcpStream::connect(dock).await.expect("a connection");
        let mut request = format!("ws://{dock}{target}").into_client_request().map_err(Box::new)?;
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header"));
        }
        let (stream, _) = client_async(request, tcp).await.map_err(Box::new)?;
        Ok(Self { stream })
    }

    pub async fn say(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    pub async fn send(&mut self, message: Message) {
        // A socket that has ended says so when it is listened to.
        let _ = self.stream.send(message).await;
    }

    /// The next message. Pings are answered meanwhile.
    pub async fn hear(&mut self) -> Message {
        match self.next().await {
            Ok(message) => message,
            Err(end) => panic!("no message, but {end:?}"),
        }
    }

    /// Listens until the socket ends.
    pub async fn end(&mut self) -> End {
        loop {
            if let Err(end) = self.next().await {
                return end;
            }
        }
    }

    /// What comes within this time, if it is a message.
    pub async fn hear_within(&mut self, patience: Duration) -> Option<Message> {
        timeout(patience, self.next()).await.ok()?.ok()
    }

    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
        let _ = timeout(COMES_WITHIN, async { while self.next().await.is_ok() {} }).await;
    }

    /// Ends the connection under the socket, without a word.
    pub fn vanish(self) {
        drop(self.stream);
    }

    async fn next(&mut self) -> Result<Message, End> {
        loop {
            let next = timeout(COMES_WITHIN, self.stream.next()).await;
            match next.expect("the socket brings something") {
                Some(Ok(Message::Close(frame))) => {
                    return Err(End::Closed(frame.map(|frame| frame.code.into())));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(message)) => return Ok(message),
                Some(Err(_)) | None => return Err(End::Broken),
            }
        }
    }
}
