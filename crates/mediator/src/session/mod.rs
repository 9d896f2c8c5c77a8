//! One recipient's session on one socket: what to send, what is proven, when to give up. No I/O, no clock.
//!
//! A session exists from the moment a recipient showed on a socket how it wants its mail: with a trust ping or noop that
//! asks for a return route (*implicit*: bare envelopes, one a frame), or with a pickup message (*explicit*, for the
//! socket's whole life: mail only inside pickup messages, pushed only in live mode).
//!
//! Tell it what happened with [`Session::handle`], carry out the [`Effect`]s it pushes, in their order, and call it again with
//! [`Event::Tick`] when [`Session::deadline`] has come. The effect [`Effect::Lease`] must be answered by
//! [`Event::Leased`] before any other event.
//!
//! What it promises:
//!
//! - nothing is pushed twice on the same socket, also when the store forgot what is in flight;
//! - what cannot be acknowledged by id is acknowledged only by the pong to a ping that was sent behind it, or what stands for
//!   one ([`Proof`]);
//! - a peer that gives no sign of life is let go, and its mail with it.

mod effect;
mod leased;
mod life;
mod looks;
mod receipts;
mod sent;
mod settled;
#[cfg(test)]
mod tests;
mod ticks;
mod unproven;

use std::time::Duration;

use store::{Position, Timestamp};

pub use effect::{Effect, Event, Form};
use life::Life;
use looks::Looks;
use sent::Sent;
use settled::Settled;
use unproven::{Left, Unproven};

use crate::Pace;
use crate::chance::Chance;

/// The state machine. See the module's documentation for how to drive it.
#[derive(Debug)]
pub struct Session {
    mode: Mode,
    /// There may be mail that is not in flight.
    more: bool,
    /// How much the lease under way asked for.
    asked: usize,
    /// Left here without ids.
    unproven: Unproven,
    /// Proven, but the store did not hear it yet: to be removed at the time.
    proven: Vec<Position>,
    remove_at: Timestamp,
    /// Left here with ids.
    sent: Sent,
    settled: Settled,
    /// The last lease may have been cut short by the window.
    blocked: bool,
    proof: Proof,
    life: Life,
    looks: Looks,
    over: bool,
}

/// What shows that mail without ids has arrived, and that the peer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Proof {
    /// Pongs to WebSocket pings. A peer that gives none is gone.
    #[default]
    Pongs,
    /// The answers to pings in words (RFC 0048), or traffic that comes a while after the mail: for sockets whose pongs somebody else
    /// hears. He it is who sees to it that the peer is there, and says when it is not.
    Words,
}

/// How mail reaches the recipient here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Implicit,
    Explicit { live: bool },
}

impl Session {
    /// A session that wants bare envelopes. `seat` tells it from others on the same socket, `seed` from those on others.
    pub fn implicit(seat: u32, seed: u64, now: Timestamp, pace: &Pace) -> Self {
        let mut session = Self::new(seat, seed, now, Mode::Implicit);
        session.looks.begin(now, pace);
        session
    }

    /// A session that asks for its mail.
    pub fn explicit(seat: u32, seed: u64, now: Timestamp) -> Self {
        Self::new(seat, seed, now, Mode::Explicit { live: false })
    }

    fn new(seat: u32, seed: u64, now: Timestamp, mode: Mode) -> Self {
        Self {
            mode,
            more: mode == Mode::Implicit,
            asked: 0,
            unproven: Unproven::default(),
            proven: Vec::new(),
            remove_at: Timestamp::NEVER,
            sent: Sent::default(),
            settled: Settled::default(),
            blocked: false,
            proof: Proof::default(),
            life: Life::new(seat, now),
            looks: Looks::new(Chance::seeded(seed)),
            over: false,
        }
    }

    /// The same session on a socket with this kind of proof.
    #[must_use]
    pub fn proven_by(mut self, proof: Proof) -> Self {
        self.proof = proof;
        self
    }

    /// Whether it wants bare envelopes.
    pub fn is_implicit(&self) -> bool {
        self.mode == Mode::Implicit
    }

    /// Whether new mail is pushed as pickup deliveries.
    pub fn is_live(&self) -> bool {
        self.mode == Mode::Explicit { live: true }
    }

    /// Whether it has ended itself; its mail is to be released.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// How many messages left here and have neither been acknowledged nor proven.
    pub fn unsettled(&self) -> usize {
        self.unproven.len() + self.sent.len()
    }

    /// What left here and has neither been acknowledged nor proven: with ids, and without.
    pub fn in_flight(&self) -> (Vec<Position>, Vec<Position>) {
        (self.sent.iter().collect(), self.unproven.positions())
    }

    /// Somebody else served this socket before, and these left on it. They are not pushed again; a ping asks after those without ids.
    pub fn recall(
        &mut self,
        now: Timestamp,
        sent: &[Position],
        unproven: &[Position],
        pace: &Pace,
        effects: &mut Vec<Effect>,
    ) {
        self.sent.note(sent.iter().copied(), pace.window);
        if unproven.is_empty() {
            return;
        }
        let ping = self.life.ping(now);
        let left = |position| Left { position, bytes: 0, ping, sent: now };
        self.unproven.note(unproven.iter().copied().map(left));
        effects.push(Effect::Ping(ping));
    }

    /// How long what is in flight stays so when the socket ends. A wallet may still be busy with what has ids, and acknowledge it;
    /// of what has none nothing will be heard any more.
    pub fn linger(&self, pace: &Pace) -> Duration {
        if self.unproven.is_empty() { pace.linger } else { Duration::ZERO }
    }

    /// What happened, and what to do about it.
    pub fn handle(&mut self, now: Timestamp, event: Event, pace: &Pace, effects: &mut Vec<Effect>) {
        if self.over {
            return;
        }
        match event {
            Event::Polled => self.on_poll(),
            Event::PickedUp => self.become_explicit(),
            Event::Live(live) => self.on_live(now, live, pace),
            Event::Rung => self.more = true,
            Event::Displaced => return self.end(crate::CloseReason::Displaced, effects),
            Event::Leased(mail) => self.on_leased(now, mail, pace, effects),
            Event::LeaseFailed => self.on_lease_failed(now),
            Event::AcknowledgeFailed(positions) => self.on_acknowledge_failed(now, positions),
            Event::Handed(positions) => self.on_handed(now, &positions, pace),
            Event::Entrusted(mail) => self.entrust(now, &mail, effects),
            Event::Received(positions) => self.on_received(&positions),
            Event::Pong(payload) => self.on_pong(now, payload, effects),
            Event::Alive => self.on_sign(now, pace, effects),
            Event::Tick => self.on_tick(now, pace, effects),
        }
        if !self.over {
            self.pull(now, pace, effects);
        }
    }

    /// A ping or noop asks for the queue once more, if this socket ever was implicit.
    fn on_poll(&mut self) {
        if self.mode == Mode::Implicit {
            self.more = true;
        }
    }

    /// Any pickup message: never a bare envelope again.
    fn become_explicit(&mut self) {
        if self.mode == Mode::Implicit {
            self.mode = Mode::Explicit { live: false };
        }
    }

    /// What waits already is not pushed by the switch: the `status` that answers it tells the count, and the wallet asks
    /// (RFC 0685, "Live Mode").
    fn on_live(&mut self, now: Timestamp, live: bool, pace: &Pace) {
        self.mode = Mode::Explicit { live };
        self.more = false;
        self.looks.begin(now, pace);
    }

    fn end(&mut self, reason: crate::CloseReason, effects: &mut Vec<Effect>) {
        self.over = true;
        effects.push(Effect::Close(reason));
    }

    fn pushes(&self) -> bool {
        matches!(self.mode, Mode::Implicit | Mode::Explicit { live: true })
    }
}
