//! Who stands behind a dock.

use std::future::Future;
use std::sync::Arc;

use mediator::{Answer, Refusal};

use super::Berth;
use crate::{Frame, Visit};

/// Who deals with what a dock's sockets bring.
///
/// The calls of one socket come one after the other: [`opened`](Self::opened), then its messages and pongs in the order in which they
/// arrived, then [`closed`](Self::closed); each one when the last is done. Calls of different sockets come at the same time. None of the
/// futures is dropped before it is done, except when the process has run out of its time to end.
///
/// A backend may use the berth from its first sight on: what it sends before `opened` is done goes out.
pub trait Backend: Send + Sync + 'static {
    /// Whether envelopes may be posted to the dock's port; without it, `POST /` is answered with 405.
    const TAKES_POSTS: bool = false;

    /// A socket came.
    ///
    /// # Errors
    ///
    /// Closes it with that code. `closed` follows, unless it is [`Turned::Refused`].
    fn opened(
        &self,
        berth: &Arc<Berth>,
        visit: Visit,
    ) -> impl Future<Output = Result<(), Turned>> + Send;

    /// It brought a message. Trying again is the backend's own business: what it gives up is given up.
    ///
    /// # Errors
    ///
    /// Closes the socket with that code. Messages that wait behind this one are counted as lost, and `closed` follows.
    fn message(
        &self,
        berth: &Arc<Berth>,
        message: Message,
    ) -> impl Future<Output = Result<(), Turned>> + Send;

    /// The peer has answered the [`Berth::ping`] with this payload, and so has taken what was sent before it.
    fn pong(&self, _berth: &Arc<Berth>, _payload: u64) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// It is over, and all its messages are dealt with. Called once for each `opened`, unless that was refused.
    fn closed(&self, berth: &Arc<Berth>) -> impl Future<Output = ()> + Send;

    /// Deals with an envelope that was posted; see [`TAKES_POSTS`](Self::TAKES_POSTS).
    fn post(&self, _envelope: &[u8]) -> impl Future<Output = Answer> + Send {
        std::future::ready(Answer::Refused(Refusal::NotAnEnvelope))
    }
}

/// One message of a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which one of the socket it is, from 1 on. The same when it is offered again.
    pub number: u64,
    /// What it says.
    pub frame: Frame,
}

/// Why a backend will not have a socket any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Turned {
    /// It does not want this one.
    #[error("not welcome here")]
    Refused,
    /// It cannot be told what the message says.
    #[error("a message that is no text")]
    Unfit,
    /// A message is larger than it takes.
    #[error("message too large")]
    TooLarge,
    /// It is away.
    #[error("try again later")]
    TryLater,
}

impl Turned {
    /// The code in the close frame (RFC 6455, section 7.4, and the registry of IANA for 1013).
    pub fn code(self) -> u16 {
        match self {
            Self::Refused => 1008,
            Self::Unfit => 1003,
            Self::TooLarge => 1009,
            Self::TryLater => 1013,
        }
    }

    /// The words in the close frame.
    pub fn text(self) -> &'static str {
        match self {
            Self::Refused => "not welcome here",
            Self::Unfit => "a message that is no text",
            Self::TooLarge => "message too large",
            Self::TryLater => "try again later",
        }
    }
}
