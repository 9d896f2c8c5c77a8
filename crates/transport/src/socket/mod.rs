//! A WebSocket (RFC 6455), server side.

mod closing;
mod frame;
mod link;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use mediator::LinkDown;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::server::places::Place;
use crate::server::stream::Stream;
use crate::{Count, Limits, Tally};

/// What one read may bring. Most sockets are idle nearly always, and each keeps this much for the next frame.
const READ_BYTES: usize = 256;

/// One WebSocket of a wallet, or of a sender.
///
/// A [`Link::send`](mediator::Link::send) that is dropped before it is done leaves half a frame on the wire: the socket is down from then on.
#[derive(Debug)]
pub struct Socket {
    frames: Box<WebSocketStream<Stream>>,
    /// The last message, if it was no small one, until the next one is waited for.
    last: Bytes,
    write_timeout: Duration,
    close_timeout: Duration,
    tally: Arc<Tally>,
    state: State,
    _place: Place,
}

/// One message, as it crosses a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Text, which is valid UTF-8.
    Text(Bytes),
    /// Anything.
    Binary(Bytes),
}

impl Frame {
    /// Its bytes.
    pub fn payload(&self) -> &Bytes {
        match self {
            Self::Text(payload) | Self::Binary(payload) => payload,
        }
    }
}

/// What a socket brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrived {
    /// A whole message.
    Frame(Frame),
    /// The pong to the ping with this payload.
    Pong(u64),
    /// Some other sign of life.
    Alive,
}

/// How much of the socket is left.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Open,
    /// To be closed with this code, which the peer has earned, or with the peer's own.
    Closing(Option<CloseCode>),
    Over,
}

impl Socket {
    /// The socket on a stream whose handshake is done, with the bytes that came right behind it.
    pub(crate) async fn accept(
        stream: Stream,
        early: Bytes,
        limits: &Limits,
        tally: Arc<Tally>,
        place: Place,
    ) -> Self {
        let part = early.to_vec();
        // It holds on to the whole buffer that the request was read into.
        drop(early);
        let config = Some(config(limits.frame_bytes));
        let frames = WebSocketStream::from_partially_read(stream, part, Role::Server, config).await;
        let frames = Box::new(frames);
        let Limits { write_timeout, close_timeout, .. } = *limits;
        Self {
            frames,
            last: Bytes::new(),
            write_timeout,
            close_timeout,
            tally,
            state: State::Open,
            _place: place,
        }
    }

    /// What arrives next; `None` once the socket is over. A call that is dropped loses nothing.
    pub async fn arrive(&mut self) -> Option<Arrived> {
        loop {
            match self.state.clone() {
                State::Open => {
                    let frame = poll_fn(|cx| self.poll_frame(cx)).await;
                    if let Some(arrived) = self.hear(frame) {
                        return Some(arrived);
                    }
                }
                // Sockets at rest need no room for their end.
                State::Closing(code) => Box::pin(self.close_as_earned(code)).await,
                State::Over => return None,
            }
        }
    }

    /// The codec reads on into the buffer that the last message came in, if nobody has that any more, and a socket at rest would
    /// keep the room of the largest message that it ever brought. So the message is held until the codec has got itself
    /// another one.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        let polled = self.frames.poll_next_unpin(cx);
        self.last = match &polled {
            Poll::Ready(Some(Ok(Message::Text(text)))) => text.clone().into(),
            Poll::Ready(Some(Ok(Message::Binary(bytes)))) => bytes.clone(),
            _ => Bytes::new(),
        };
        polled
    }

    /// Sends one message, and returns when TCP has taken it.
    ///
    /// # Errors
    /// If the socket is over, or its peer has stopped reading.
    pub async fn put(&mut self, frame: Frame) -> Result<(), LinkDown> {
        self.begin_write()?;
        let patience = self.write_timeout + slow_line(frame.payload().len());
        let outcome = timeout(patience, send_frame(&mut self.frames, frame)).await;
        self.written(outcome)
    }

    /// What a frame, or the want of one, means; `None` if it means nothing to an office.
    fn hear(&mut self, frame: Option<Result<Message, Error>>) -> Option<Arrived> {
        match frame {
            Some(Ok(Message::Pong(payload))) => return Some(pong(&payload)),
            Some(Ok(Message::Close(_))) => self.state = State::Closing(None),
            Some(Ok(message)) => {
                return Some(message_frame(message).map_or(Arrived::Alive, Arrived::Frame));
            }
            Some(Err(error)) => self.state = self.blame(&error),
            None => self.state = State::Over,
        }
        None
    }

    /// From here to [`Socket::written`] a write is under way; interrupted, it leaves the socket in no state to be used.
    fn begin_write(&mut self) -> Result<(), LinkDown> {
        if self.state != State::Open {
            return Err(LinkDown);
        }
        self.state = State::Over;
        Ok(())
    }

    fn written(&mut self, outcome: Result<Result<(), Error>, Elapsed>) -> Result<(), LinkDown> {
        match outcome {
            Ok(Ok(())) => {
                self.state = State::Open;
                Ok(())
            }
            Ok(Err(_)) => Err(LinkDown),
            Err(_) => {
                self.tally.add(Count::WritesStalled);
                Err(LinkDown)
            }
        }
    }
}

/// A message with something to say for itself.
fn message_frame(message: Message) -> Option<Frame> {
    match message {
        Message::Text(text) => Some(Frame::Text(text.into())),
        Message::Binary(bytes) => Some(Frame::Binary(bytes)),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
    }
}

async fn send_frame(frames: &mut WebSocketStream<Stream>, frame: Frame) -> Result<(), Error> {
    // A pong may be waiting in the codec; it must not be cut in two by us.
    frames.flush().await?;
    Ok(frame::write(frames.get_mut(), frame).await?)
}

/// The buffers and limits of one socket.
pub(crate) fn config(frame_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(frame_bytes))
        .max_frame_size(Some(frame_bytes))
}

/// One of ours is eight bytes; all others only tell that somebody is there.
fn pong(payload: &[u8]) -> Arrived {
    payload.try_into().map_or(Arrived::Alive, |ours| Arrived::Pong(u64::from_be_bytes(ours)))
}

/// What a message of this size takes on the slowest line that we still serve, a phone at the edge of its network.
fn slow_line(bytes: usize) -> Duration {
    Duration::from_secs(bytes as u64 / SLOWEST_BYTES_PER_SECOND)
}

const SLOWEST_BYTES_PER_SECOND: u64 = 8 * 1024;
