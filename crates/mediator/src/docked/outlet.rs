//! The way back to sockets at docks.

use async_trait::async_trait;
use bytes::Bytes;

use super::{BerthId, Reach};
use crate::CloseReason;

/// Reaches sockets that end at docks. Implemented over HTTP by `transport`, over a queue by [`QueueOutlet`](super::QueueOutlet).
///
/// All calls take a bounded time.
#[async_trait]
pub trait Outlet: Send + Sync {
    /// Sends one envelope as one text frame, and returns when the dock has taken it. That says nothing about the peer.
    ///
    /// # Errors
    /// See [`Unsent`]. The frame may have been sent all the same.
    async fn send(&self, berth: &BerthId, reach: &Reach, envelope: Bytes) -> Result<(), Unsent>;

    /// Sends a WebSocket ping, where pongs are [reported](super::Event::Pong).
    ///
    /// # Errors
    /// As [`Outlet::send`].
    async fn ping(&self, berth: &BerthId, reach: &Reach, payload: u64) -> Result<(), Unsent>;

    /// Ends the socket, if it still is there and the dock lets us.
    async fn close(&self, berth: &BerthId, reach: &Reach, reason: CloseReason);
}

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The dock does not have this socket, or cannot send on it.
    #[error("the socket is gone")]
    Gone,
    /// The dock is not there.
    #[error("the dock is not there")]
    NoDock,
}
