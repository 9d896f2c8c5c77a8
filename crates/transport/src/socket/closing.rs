//! How a socket ends (RFC 6455, section 7).

use futures_util::StreamExt;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{Frame, Socket, State, message_frame};
use crate::Count;
use crate::server::stream::Stream;

impl Socket {
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

    /// Closes for what the peer did, or because it does.
    pub(super) async fn close_as_earned(&mut self, code: Option<CloseCode>) {
        let frame = code.map(|code| CloseFrame { code, reason: reason(code).into() });
        self.finish(frame, 0).await;
    }

    /// What an error earns its peer.
    pub(super) fn blame(&self, error: &Error) -> State {
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
}

fn reason(code: CloseCode) -> &'static str {
    match code {
        CloseCode::Size => "message too large",
        CloseCode::Invalid => "text that is no UTF-8",
        _ => "not the WebSocket protocol",
    }
}
