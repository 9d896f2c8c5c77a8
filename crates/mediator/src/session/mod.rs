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
//! - nothing is pushed twice on the same socket;
//! - what cannot be acknowledged by id is acknowledged only by the pong to a ping that was sent behind it;
//! - a peer that gives no sign of life is let go, and its mail with it.

mod effect;
mod life;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use store::{Epoch, Mail, Position, Timestamp};

pub use effect::{Effect, Event, Form};
use life::Life;

use crate::Pace;

/// The state machine. See the module's documentation for how to drive it.
#[derive(Debug)]
pub struct Session {
    epoch: Epoch,
    mode: Mode,
    /// There may be mail that is not in flight.
    more: bool,
    /// How much the lease under way asked for.
    asked: usize,
    /// Handed out without any way to acknowledge it, oldest first.
    unproven: VecDeque<Unproven>,
    /// Pushed in live mode, less what was acknowledged here. Too high when the wallet acknowledges elsewhere.
    unacknowledged: usize,
    /// The last lease may have been cut short by the window.
    blocked: bool,
    /// Handed out here on request, before live mode, and not acknowledged: never to be pushed on this socket.
    handed: Vec<Position>,
    life: Life,
    next_look: Timestamp,
    lease_until: Timestamp,
    over: bool,
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
}

/// So many positions are remembered of what was handed out on request before live mode.
const HANDED_MOST: usize = 1_000;

/// A store that failed is asked again after this long.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Session {
    /// A session that wants bare envelopes. `seat` tells it from others on the same socket.
    pub fn implicit(epoch: Epoch, seat: u32, now: Timestamp, pace: &Pace) -> Self {
        Self::new(epoch, seat, now, pace, Mode::Implicit)
    }

    /// A session that asks for its mail.
    pub fn explicit(epoch: Epoch, seat: u32, now: Timestamp, pace: &Pace) -> Self {
        Self::new(epoch, seat, now, pace, Mode::Explicit { live: false })
    }

    fn new(epoch: Epoch, seat: u32, now: Timestamp, pace: &Pace, mode: Mode) -> Self {
        Self {
            epoch,
            mode,
            more: mode == Mode::Implicit,
            asked: 0,
            unproven: VecDeque::new(),
            unacknowledged: 0,
            blocked: false,
            handed: Vec::new(),
            life: Life::new(seat, now),
            next_look: now + pace.look_every,
            lease_until: Timestamp::default(),
            over: false,
        }
    }

    /// The epoch of its claim.
    pub fn epoch(&self) -> Epoch {
        self.epoch
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
        self.unproven.len() + self.unacknowledged
    }

    /// When it wants [`Event::Tick`], at the latest.
    pub fn deadline(&self, pace: &Pace) -> Timestamp {
        let mut next = self.life.deadline(pace, self.unproven_bytes());
        if self.pushes() {
            next = next.min(self.next_look);
        }
        if self.holds_mail() {
            next = next.min(self.renewal(pace));
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
            Event::Live(live) => self.on_live(live),
            Event::Rung => self.more = true,
            Event::Displaced => return self.end(crate::CloseReason::Displaced, effects),
            Event::Leased(mail) => self.on_leased(now, mail, pace, effects),
            Event::LeaseFailed => self.on_lease_failed(now),
            Event::RenewFailed => self.renew_at(now + RETRY_AFTER, pace),
            Event::Handed(positions) => self.on_handed(now, positions),
            Event::Entrusted(mail) => self.entrust(now, &mail, effects),
            Event::Received(positions) => self.on_received(&positions),
            Event::Pong(payload) => self.on_pong(now, payload, effects),
            Event::Alive => self.life.sign(now),
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
    fn on_live(&mut self, live: bool) {
        self.mode = Mode::Explicit { live };
        self.more = false;
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
        self.lease_until = now + pace.lease;
        effects.push(Effect::Lease {
            messages: self.asked,
            bytes: pace.batch_bytes,
            window: pace.window,
            until: self.lease_until,
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
        self.more = !self.caught_up(asked, &mail, pace);
        self.blocked = self.unacknowledged + mail.len() >= pace.window;
        if mail.is_empty() {
            self.more = false;
            return;
        }
        match self.mode {
            Mode::Implicit => {
                effects.push(Effect::Push { form: Form::Bare, mail: mail.clone() });
                self.entrust(now, &mail, effects);
            }
            Mode::Explicit { .. } => self.push_delivery(now, mail, effects),
        }
    }

    /// The store is tried again after a while, or at the next ring.
    fn on_lease_failed(&mut self, now: Timestamp) {
        self.asked = 0;
        self.more = false;
        self.next_look = now + RETRY_AFTER;
    }

    /// A short page means that nothing more waits, unless bytes or the window cut it short.
    fn caught_up(&self, asked: usize, mail: &[Mail], pace: &Pace) -> bool {
        let bytes: usize = mail.iter().map(|mail| mail.envelope.len()).sum();
        mail.len() < asked && bytes + pace.largest_message <= pace.batch_bytes
    }

    fn push_delivery(&mut self, now: Timestamp, mut mail: Vec<Mail>, effects: &mut Vec<Effect>) {
        self.unacknowledged += mail.len();
        if !self.handed.is_empty() {
            mail.retain(|mail| !self.handed.contains(&mail.position));
        }
        if !mail.is_empty() {
            effects.push(Effect::Push { form: Form::Delivery, mail });
            self.life.sent(now);
        }
    }

    /// Mail that left without ids: a ping right behind it, and its pong is the receipt.
    fn entrust(&mut self, now: Timestamp, mail: &[Mail], effects: &mut Vec<Effect>) {
        let ping = self.life.ping(now);
        self.unproven.extend(mail.iter().map(|mail| Unproven {
            position: mail.position,
            bytes: mail.envelope.len(),
            ping,
        }));
        effects.push(Effect::Ping(ping));
    }

    fn on_handed(&mut self, now: Timestamp, positions: Vec<Position>) {
        self.life.sent(now);
        if self.is_live() {
            self.unacknowledged += positions.len();
            return;
        }
        for position in positions {
            if self.handed.len() < HANDED_MOST && !self.handed.contains(&position) {
                self.handed.push(position);
            }
        }
    }

    fn on_received(&mut self, positions: &[Position]) {
        self.unacknowledged = self.unacknowledged.saturating_sub(positions.len());
        self.handed.retain(|position| !positions.contains(position));
        self.more |= std::mem::take(&mut self.blocked);
    }

    fn on_pong(&mut self, now: Timestamp, payload: u64, effects: &mut Vec<Effect>) {
        self.life.pong(now, payload);
        if !self.life.is_ours(payload) {
            return;
        }
        let proven = self.unproven.iter().take_while(|sent| sent.ping <= payload).count();
        if proven > 0 {
            let positions = self.unproven.drain(..proven).map(|sent| sent.position).collect();
            effects.push(Effect::Acknowledge(positions));
        }
    }

    fn on_tick(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
        if self.life.is_gone(now, pace, self.unproven_bytes()) {
            return self.end(crate::CloseReason::NoProofOfLife, effects);
        }
        if self.life.ping_is_due(now, pace) {
            let ping = self.life.ping(now);
            effects.push(Effect::Ping(ping));
        }
        if self.pushes() && now >= self.next_look {
            self.next_look = now + pace.look_every;
            self.more = true;
        }
        if self.holds_mail() && now >= self.renewal(pace) {
            self.lease_until = now + pace.lease;
            effects.push(Effect::Renew { until: self.lease_until });
        }
    }

    fn end(&mut self, reason: crate::CloseReason, effects: &mut Vec<Effect>) {
        self.over = true;
        effects.push(Effect::Close(reason));
    }

    fn pushes(&self) -> bool {
        matches!(self.mode, Mode::Implicit | Mode::Explicit { live: true })
    }

    fn holds_mail(&self) -> bool {
        !self.unproven.is_empty() || self.unacknowledged > 0
    }

    /// The lease that stands still has half its time then: what is in flight must not lapse over one failure, or it would be
    /// pushed again on the same socket.
    fn renew_at(&mut self, when: Timestamp, pace: &Pace) {
        self.lease_until = when + pace.lease / 2;
    }

    fn renewal(&self, pace: &Pace) -> Timestamp {
        self.lease_until - pace.lease / 2
    }

    fn unproven_bytes(&self) -> usize {
        self.unproven.iter().map(|sent| sent.bytes).sum()
    }
}
