//! What a session hears and what it wants done.

use store::{Mail, Position, Timestamp};

use crate::CloseReason;

/// What happened to a session.
#[derive(Debug)]
pub enum Event {
    /// A trust ping or noop that asks for a return route.
    Polled,
    /// A pickup message.
    PickedUp,
    /// Live mode was switched.
    Live(bool),
    /// The mailbox rang.
    Rung,
    /// A newer session reads the mailbox.
    Displaced,
    /// The answer to [`Effect::Lease`].
    Leased(Vec<Mail>),
    /// The store could not answer [`Effect::Lease`]; it is asked again at the next occasion.
    LeaseFailed,
    /// The store could not carry out [`Effect::Acknowledge`] of these.
    AcknowledgeFailed(Vec<Position>),
    /// These left on request, with ids that the wallet can acknowledge.
    Handed(Vec<Position>),
    /// These left on request without ids, leased for this session: a proof of life has to tell that they arrived.
    Entrusted(Vec<Mail>),
    /// The wallet acknowledged these on this socket.
    Received(Vec<Position>),
    /// A pong to a ping of ours.
    Pong(u64),
    /// Any other sign of life from the peer.
    Alive,
    /// The time of [`Session::deadline`](super::Session::deadline) has come.
    Tick,
}

/// What is to be done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Lease mail for this session and answer with [`Event::Leased`] or [`Event::LeaseFailed`].
    Lease {
        /// At most so many.
        messages: usize,
        /// At most so many bytes.
        bytes: usize,
        /// At most so many in flight in all.
        window: usize,
        /// In flight until then.
        until: Timestamp,
    },
    /// Send this mail.
    Push {
        /// How.
        form: Form,
        /// What, in order.
        mail: Vec<Mail>,
    },
    /// Send a WebSocket ping with this payload.
    Ping(u64),
    /// The recipient has these: remove them from the mailbox. Answered only if that fails, by [`Event::AcknowledgeFailed`].
    Acknowledge(Vec<Position>),
    /// Close the socket; the session is over.
    Close(CloseReason),
}

/// How mail is written to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The envelope itself, one a frame.
    Bare,
    /// A pickup `delivery` with ids.
    Delivery,
}
