//! How mail reaches an agent that has an address.

use async_trait::async_trait;
use bytes::Bytes;

/// Hands envelopes to endpoints. Implemented over HTTP and WebSocket by `transport`.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands `envelopes` to the `http`, `https`, `ws` or `wss` endpoint `uri`, in order, stopping at the first that fails. Takes a
    /// bounded time. Refuses addresses that must not be dialled, by what the name resolves to at the moment of connecting.
    async fn carry(&self, uri: &str, envelopes: &[Bytes]) -> Carried;
}

/// How far a [`Carrier`] got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The first so many envelopes were acknowledged: by a 2xx each, or over a WebSocket by the peer's Close frame or
    /// later traffic behind them.
    pub taken: usize,
    /// Why it stopped.
    pub end: End,
}

/// Why a [`Carrier`] stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All were taken.
    Done,
    /// The endpoint refused the next envelope itself (4xx, except 408, 425 and 429): trying again will hardly help.
    Refused(String),
    /// The endpoint did not answer, or not with success: try again later.
    Failed(String),
    /// The address may not be dialled, or is none.
    Forbidden(String),
}
