//! A backend that answers by itself, to try out a dock.

use std::sync::Arc;

use bytes::Bytes;

use super::{Backend, Berth, Message, Turned};
use crate::{Frame, Visit};

/// Answers every message with the words that SocketDock's loopback has for it.
#[derive(Debug, Default)]
pub struct Loopback;

const ANSWER: Bytes = Bytes::from_static(b"Hello yourself");

impl Backend for Loopback {
    async fn opened(&self, _: &Arc<Berth>, _: Visit) -> Result<(), Turned> {
        Ok(())
    }

    async fn message(&self, berth: &Arc<Berth>, _: Message) -> Result<(), Turned> {
        // A peer that does not read, or has gone, misses nothing.
        let _ = berth.send(Frame::Text(ANSWER));
        Ok(())
    }

    async fn closed(&self, _: &Arc<Berth>) {}
}
