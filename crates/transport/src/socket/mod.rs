//! A WebSocket (RFC 6455), server side.

mod frame;

use std::future::Future;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use mediator::{CloseReason, Heard, Link, LinkDown};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::server::places::Place;
use crate::server::stream::Stream;
use crate::{Count, Limits, Tally};

/// What one read may bring. Most sockets are idle nearly always, and each keeps this much for the next frame.
const READ_BYTES: usize = 256;

/// One WebSocket of a wallet, or of a sender.
///
/// A [`Link::send`] that is dropped before it is done leaves half a frame on the wire: the socket is down from then on.
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
                State::Closing(code) => {
                    let frame = code.map(|code| CloseFrame { code, reason: reason(code).into() });
                    // Sockets at rest need no room for their end.
                    Box::pin(self.finish(frame, 0)).await;
                }
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

    /// Closes with this code (RFC 6455, section 7.4) and reason, and waits a bounded time for the peer to agree.
    pub async fn close_with(&mut self, code: u16, reason: &'static str) {
        self.close_hearing(code, reason, 0).await;
    }

    /// The same, and returns the messages that were under way when we closed, as long as they have less than `most` bytes in all.
    pub async fn close_hearing(
        &mut self,
        code: u16,
        reason: &'static str,
        most: usize,
    ) -> Vec<Frame> {
        if self.state == State::Over {
            return Vec::new();
        }
        self.finish(Some(CloseFrame { code: code.into(), reason: reason.into() }), most).await
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

    /// What an error earns its peer.
    fn blame(&self, error: &Error) -> State {
        let (count, code) = match error {
            Error::Capacity(_) => (Count::FramesTooLarge, CloseCode::Size),
            Error::Utf8(_) => (Count::FramesNotText, CloseCode::Invalid),
            Error::Protocol(_) | Error::AttackAttempt => {
                (Count::FramesMalformed, CloseCode::Protocol)
            }
            _ => return State::Over,
        };
        self.tally.add(count);
        State::Closing(Some(code))
    }

    /// Sends the close frame, if there is one to send, and waits for the peer's. Of the messages before that one it returns those
    /// that fit into `room` bytes.
    async fn finish(&mut self, frame: Option<CloseFrame>, mut room: usize) -> Vec<Frame> {
        self.state = State::Over;
        let frames: &mut WebSocketStream<Stream> = &mut self.frames;
        let mut late = Vec::new();
        let farewell = async {
            // After the peer's own close frame this only flushes the answer to it.
            drop(frames.close(frame).await);
            while let Some(Ok(message)) = frames.next().await {
                let Some(frame) = message_frame(message) else { continue };
                room = room.saturating_sub(frame.payload().len());
                if room > 0 {
                    late.push(frame);
                }
            }
        };
        drop(timeout(self.close_timeout, farewell).await);
        late
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

impl Link for Socket {
    async fn next(&mut self) -> Option<Heard> {
        self.arrive().await.map(|arrived| match arrived {
            Arrived::Frame(Frame::Text(envelope) | Frame::Binary(envelope)) => {
                Heard::Frame(envelope)
            }
            Arrived::Pong(payload) => Heard::Pong(payload),
            Arrived::Alive => Heard::Alive,
        })
    }

    // Envelopes are text; what is not may go out all the same, but not under that name.
    fn send(&mut self, envelope: Bytes) -> impl Future<Output = Result<(), LinkDown>> + Send {
        let is_text = std::str::from_utf8(&envelope).is_ok();
        self.put(if is_text { Frame::Text(envelope) } else { Frame::Binary(envelope) })
    }

    async fn ping(&mut self, payload: u64) -> Result<(), LinkDown> {
        self.begin_write()?;
        let ping = Message::Ping(Bytes::copy_from_slice(&payload.to_be_bytes()));
        let outcome = timeout(self.write_timeout, self.frames.send(ping)).await;
        self.written(outcome)
    }

    fn close(&mut self, reason: CloseReason) -> impl Future<Output = ()> + Send {
        self.close_with(reason.code(), reason.text())
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

/// What a message of this size takes on the slowest line that we still serve, a phone at the edge of its network.
fn slow_line(bytes: usize) -> Duration {
    Duration::from_secs(bytes as u64 / SLOWEST_BYTES_PER_SECOND)
}

const SLOWEST_BYTES_PER_SECOND: u64 = 8 * 1024;

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

fn reason(code: CloseCode) -> &'static str {
    match code {
        CloseCode::Size => "message too large",
        CloseCode::Invalid => "text that is no UTF-8",
        _ => "not the WebSocket protocol",
    }
}
