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
mod life;
mod looks;
mod sent;
mod settled;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use store::{Mail, Position, Timestamp};

pub use effect::{Effect, Event, Form};
use life::Life;
use looks::Looks;
use sent::Sent;
use settled::Settled;

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
    /// Handed out without any way to acknowledge it, oldest first.
    unproven: VecDeque<Unproven>,
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

/// One message whose receipt only a pong can prove.
#[derive(Debug)]
struct Unproven {
    position: Position,
    bytes: usize,
    /// The ping that was sent behind it.
    ping: u64,
    sent: Timestamp,
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
            unproven: VecDeque::new(),
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
        let unproven = self.unproven.iter().map(|sent| sent.position).collect();
        (self.sent.iter().collect(), unproven)
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
        let left = |position| Unproven { position, bytes: 0, ping, sent: now };
        self.unproven.extend(unproven.iter().copied().map(left));
        effects.push(Effect::Ping(ping));
    }

    /// How long what is in flight stays so when the socket ends. A wallet may still be busy with what has ids, and acknowledge it;
    /// of what has none nothing will be heard any more.
    pub fn linger(&self, pace: &Pace) -> Duration {
        if self.unproven.is_empty() { pace.linger } else { Duration::ZERO }
    }

    /// When it wants [`Event::Tick`], at the latest.
    pub fn deadline(&self, pace: &Pace) -> Timestamp {
        let mut next = match self.proof {
            Proof::Pongs => self.life.deadline(pace, self.unproven_bytes()),
            Proof::Words => Timestamp::NEVER,
        };
        if self.pushes() {
            next = next.min(self.looks.next());
        }
        if !self.proven.is_empty() {
            next = next.min(self.remove_at);
        }
        next
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

    /// Asks for mail, if there may be some and there is room for it.
    fn pull(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
        if !self.pushes() || !self.more || self.asked > 0 {
            return;
        }
        let room = pace.window.saturating_sub(self.unproven.len());
        if room == 0 {
            return;
        }
        self.asked = pace.batch_messages.min(room);
        effects.push(Effect::Lease {
            messages: self.asked,
            bytes: pace.batch_bytes,
            window: pace.window,
            until: now + pace.lease,
        });
    }

    fn on_leased(
        &mut self,
        now: Timestamp,
        mail: Vec<Mail>,
        pace: &Pace,
        effects: &mut Vec<Effect>,
    ) {
        let asked = std::mem::take(&mut self.asked);
        self.looks.succeeded();
        self.more = !mail.is_empty() && !self.caught_up(asked, &mail, pace);
        self.blocked = self.sent.len() + mail.len() >= pace.window;
        self.remove_again(&mail, effects);
        let mail = self.without_what_left_here(mail);
        if mail.is_empty() {
            return;
        }
        match self.mode {
            Mode::Implicit => {
                effects.push(Effect::Push { form: Form::Bare, mail: mail.clone() });
                self.entrust(now, &mail, effects);
            }
            Mode::Explicit { .. } => {
                self.sent.note(mail.iter().map(|mail| mail.position), pace.window);
                self.life.sent(now);
                effects.push(Effect::Push { form: Form::Delivery, mail });
            }
        }
    }

    /// The store gives what left here once more if it had been in the hands of a request that ran out, or if what was in flight
    /// became void. It belongs to this session again by that, and that is all.
    fn without_what_left_here(&self, mut mail: Vec<Mail>) -> Vec<Mail> {
        mail.retain(|Mail { position, .. }| {
            !self.sent.contains(*position)
                && !self.unproven.iter().any(|sent| sent.position == *position)
                && !self.proven.contains(position)
                && !self.settled.contains(*position)
        });
        mail
    }

    /// What was acknowledged here, and comes back because the store forgot that.
    fn remove_again(&self, mail: &[Mail], effects: &mut Vec<Effect>) {
        let positions = mail.iter().map(|mail| mail.position);
        let known: Vec<_> = positions.filter(|known| self.settled.contains(*known)).collect();
        if !known.is_empty() {
            effects.push(Effect::Acknowledge(known));
        }
    }

    /// The store is tried again after a while, or at the next ring.
    fn on_lease_failed(&mut self, now: Timestamp) {
        self.asked = 0;
        self.more = false;
        self.looks.failed(now);
    }

    fn on_acknowledge_failed(&mut self, now: Timestamp, mut positions: Vec<Position>) {
        self.proven.append(&mut positions);
        self.remove_at = now + self.looks.retry();
    }

    /// A short page means that nothing more waits, unless bytes or the window cut it short.
    fn caught_up(&self, asked: usize, mail: &[Mail], pace: &Pace) -> bool {
        let bytes: usize = mail.iter().map(|mail| mail.envelope.len()).sum();
        mail.len() < asked && bytes + pace.largest_message <= pace.batch_bytes
    }

    /// Mail that left without ids: a ping right behind it, and its pong is the receipt.
    fn entrust(&mut self, now: Timestamp, mail: &[Mail], effects: &mut Vec<Effect>) {
        let ping = self.life.ping(now);
        self.unproven.extend(mail.iter().map(|mail| Unproven {
            position: mail.position,
            bytes: mail.envelope.len(),
            ping,
            sent: now,
        }));
        effects.push(Effect::Ping(ping));
    }

    fn on_handed(&mut self, now: Timestamp, positions: &[Position], pace: &Pace) {
        self.life.sent(now);
        self.sent.note(positions.iter().copied(), pace.window);
    }

    fn on_received(&mut self, positions: &[Position]) {
        self.sent.forget(positions);
        self.settled.note(positions);
        self.more |= std::mem::take(&mut self.blocked);
    }

    fn on_pong(&mut self, now: Timestamp, payload: u64, effects: &mut Vec<Effect>) {
        self.life.pong(now, payload);
        if !self.life.is_ours(payload) {
            return;
        }
        self.prove(|sent| sent.ping <= payload, effects);
    }

    /// What arrives shows what of ours has arrived before it, unless both crossed on the way.
    fn on_sign(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
        self.life.sign(now);
        if self.proof == Proof::Words {
            self.prove(|sent| now >= sent.sent + pace.ping_after_push, effects);
        }
    }

    /// The oldest of what was unproven, as far as `is_proven` goes, has arrived.
    fn prove(&mut self, is_proven: impl Fn(&Unproven) -> bool, effects: &mut Vec<Effect>) {
        let proven = self.unproven.iter().take_while(|sent| is_proven(sent)).count();
        if proven > 0 {
            let positions: Vec<_> =
                self.unproven.drain(..proven).map(|sent| sent.position).collect();
            self.settled.note(&positions);
            effects.push(Effect::Acknowledge(positions));
        }
    }

    fn on_tick(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
        if self.proof == Proof::Pongs {
            self.watch_life(now, pace, effects);
        }
        if self.over {
            return;
        }
        if self.pushes() && now >= self.looks.next() {
            self.look(now, pace);
        }
        if !self.proven.is_empty() && now >= self.remove_at {
            effects.push(Effect::Acknowledge(std::mem::take(&mut self.proven)));
        }
    }

    fn watch_life(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
        if self.life.is_gone(now, pace, self.unproven_bytes()) {
            return self.end(crate::CloseReason::NoProofOfLife, effects);
        }
        if self.life.ping_is_due(now, pace) {
            let ping = self.life.ping(now);
            effects.push(Effect::Ping(ping));
        }
    }

    /// A look also prolongs the lease of what is in flight, so it comes in time for that.
    fn look(&mut self, now: Timestamp, pace: &Pace) {
        let holds_mail = !self.unproven.is_empty() || !self.sent.is_empty();
        let most = if holds_mail { pace.lease / 2 } else { Duration::MAX };
        self.looks.looked(now, pace, most);
        self.more = true;
    }

    fn end(&mut self, reason: crate::CloseReason, effects: &mut Vec<Effect>) {
        self.over = true;
        effects.push(Effect::Close(reason));
    }

    fn pushes(&self) -> bool {
        matches!(self.mode, Mode::Implicit | Mode::Explicit { live: true })
    }

    fn unproven_bytes(&self) -> usize {
        self.unproven.iter().map(|sent| sent.bytes).sum()
    }
}
