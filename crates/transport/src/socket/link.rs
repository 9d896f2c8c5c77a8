//! A socket, as an office sees it.

use std::future::Future;

use bytes::Bytes;
use futures_util::SinkExt;
use mediator::{CloseReason, Heard, Link, LinkDown};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{Arrived, Frame, Socket};

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
