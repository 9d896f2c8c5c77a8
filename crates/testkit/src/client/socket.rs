use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::{Agent, Heard, History, Line, Words};

/// A wallet's end of a WebSocket. Pings are answered while it is listened to.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    agent: Arc<Agent>,
    history: History,
    line: Line,
}

/// What a socket brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// An envelope for this agent, or bare mail.
    Heard(Heard),
    /// The mediator closed, with this code.
    Closed(Option<u16>),
    /// The connection broke.
    Broken,
}

/// Nothing that a test waits for takes longer.
const COMES_WITHIN: Duration = Duration::from_secs(120);

/// How a mediator closes that is cut off from its store: nobody knows what of the mail in its hands has left.
const TRY_AGAIN_LATER: u16 = 1013;

/// How long the other side may take to agree to the end.
const AGREES_WITHIN: Duration = Duration::from_secs(2);

impl Socket {
    pub(super) async fn open(
        address: SocketAddr,
        agent: Arc<Agent>,
        history: History,
    ) -> Result<Self, Box<Error>> {
        let tcp = TcpStream::connect(address).await.map_err(|error| Box::new(Error::Io(error)))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(64 << 20))
            .max_frame_size(Some(64 << 20));
        let url = format!("ws://{address}/");
        let (stream, _) =
            client_async_with_config(url, tcp, Some(config)).await.map_err(Box::new)?;
        let line = history.line();
        Ok(Self { stream, agent, history, line })
    }

    /// Says something.
    pub async fn say(&mut self, words: &[u8]) {
        let envelope = self.agent.seal(words);
        self.send(&envelope).await;
    }

    /// Sends any bytes as a text frame, or as a binary one where they are no text.
    pub async fn send(&mut self, bytes: &Bytes) {
        let message = match std::str::from_utf8(bytes) {
            Ok(text) => Message::text(text),
            Err(_) => Message::Binary(bytes.clone()),
        };
        // A socket that has ended says so when it is listened to.
        let _ = self.stream.send(message).await;
    }

    /// What comes next.
    ///
    /// # Panics
    /// If nothing comes, or something that is not for this agent.
    pub async fn hear(&mut self) -> Frame {
        self.hear_within(COMES_WITHIN).await.expect("the socket brings something")
    }

    /// What comes within this time.
    ///
    /// # Panics
    /// If it is not for this agent.
    pub async fn hear_within(&mut self, patience: Duration) -> Option<Frame> {
        timeout(patience, self.frame()).await.ok()
    }

    /// The next words.
    ///
    /// # Panics
    /// If something else comes.
    pub async fn words(&mut self) -> Words {
        match self.hear().await {
            Frame::Heard(Heard::Words(words)) => words,
            other => panic!("no words but {other:?}"),
        }
    }

    /// Says something and hears the answer.
    ///
    /// # Panics
    /// If something else comes.
    pub async fn ask(&mut self, words: &[u8]) -> Words {
        self.say(words).await;
        self.words().await
    }

    /// Listens until the socket ends, and returns how.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn end(&mut self) -> Frame {
        loop {
            match self.hear().await {
                Frame::Heard(_) => {}
                end => return end,
            }
        }
    }

    /// Closes it in an orderly way.
    pub async fn close(mut self) {
        // It may have ended by itself.
        let _ = self.stream.close(None).await;
    }

    /// Closes it in an orderly way, and hears what was under way until the other side agrees.
    ///
    /// # Panics
    /// If something comes that is not for this agent.
    pub async fn leave(mut self) {
        let close = self.stream.send(Message::Close(None)).await;
        let last_words = async { while let Frame::Heard(_) = self.frame().await {} };
        if close.is_ok() {
            // A mediator that does not agree is left all the same.
            let _ = timeout(AGREES_WITHIN, last_words).await;
        }
    }

    async fn frame(&mut self) -> Frame {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return self.heard(text.as_bytes()),
                Some(Ok(Message::Binary(bytes))) => return self.heard(&bytes),
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| frame.code.into());
                    if code == Some(TRY_AGAIN_LATER) {
                        self.history.broke(self.agent.number);
                    }
                    return Frame::Closed(code);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    self.history.broke(self.agent.number);
                    return Frame::Broken;
                }
            }
        }
    }

    fn heard(&self, envelope: &[u8]) -> Frame {
        let heard = self.agent.read(envelope).expect("what comes is for this agent");
        self.history.arrived(self.agent.number, self.line, &heard);
        Frame::Heard(heard)
    }
}
