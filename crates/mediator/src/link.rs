//! Where a session's messages leave and its peer's arrive.

use std::future::Future;

use bytes::Bytes;

/// One WebSocket, as the mediator sees it. Implemented over real sockets by `transport` and over nothing by `testkit`.
///
/// Dropping a link closes its socket without a word.
pub trait Link: Send {
    /// What arrives next; `None` once the socket is over. Must be cancel-safe: a call that is dropped loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Heard>> + Send;

    /// Sends one envelope as one text frame, and returns when the transport has taken it. That says nothing about the peer.
    fn send(&mut self, envelope: Bytes) -> impl Future<Output = Result<(), LinkDown>> + Send;

    /// Sends a WebSocket ping (RFC 6455, section 5.5.2) whose pong can be told from all others.
    fn ping(&mut self, payload: u64) -> impl Future<Output = Result<(), LinkDown>> + Send;

    /// Where the answer to a ping in words finds this socket, if it comes on another way: letters and digits, and no secret.
    fn pong_address(&self) -> Option<String> {
        None
    }

    /// Says why, closes, and waits a bounded time for the peer to agree.
    fn close(&mut self, reason: CloseReason) -> impl Future<Output = ()> + Send;
}

/// What a socket brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A whole message, text or binary.
    Frame(Bytes),
    /// The pong to the ping with this payload.
    Pong(u64),
    /// Some other sign of life.
    Alive,
}

/// The socket is gone, or its peer has stopped reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the socket is down")]
pub struct LinkDown;

/// Why we close a socket. Codes from 4000 on are ours; every one of them may be reconnected after, except where it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The process shuts down: reconnect, at once if you like. (1012 would ask for a wait of 5 to 30 s; Credo reconnects after any code,
    /// and ACA-Py holds no sockets.)
    GoingAway,
    /// Frames that are no envelopes for us.
    BadFrame,
    /// A frame over the limit.
    TooLarge,
    /// The mail store does not answer: reconnect later.
    TryLater,
    /// A newer session of the same recipient has taken over: do not reconnect because of this.
    Displaced,
    /// Pings went unanswered.
    NoProofOfLife,
    /// Nothing that identifies a recipient arrived in time.
    Idle,
}

impl CloseReason {
    /// Every reason, for documentation and counters.
    pub const ALL: [Self; 7] = [
        Self::GoingAway,
        Self::BadFrame,
        Self::TooLarge,
        Self::TryLater,
        Self::Displaced,
        Self::NoProofOfLife,
        Self::Idle,
    ];

    /// The code in the close frame (RFC 6455, section 7.4).
    pub fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::BadFrame => 1008,
            Self::TooLarge => 1009,
            Self::TryLater => 1013,
            Self::Displaced => 4001,
            Self::NoProofOfLife => 4002,
            Self::Idle => 4003,
        }
    }

    /// The words in the close frame.
    pub fn text(self) -> &'static str {
        match self {
            Self::GoingAway => "going away",
            Self::BadFrame => "not an envelope for this mediator",
            Self::TooLarge => "message too large",
            Self::TryLater => "try again later",
            Self::Displaced => "a newer session has taken over",
            Self::NoProofOfLife => "no sign of life",
            Self::Idle => "no message in time",
        }
    }
}
