//! Mail comes from the store, and leaves.

use store::{Mail, Timestamp};

use super::unproven::Left;
use super::{Effect, Form, Mode, Session};
use crate::Pace;

impl Session {
    /// Asks for mail, if there may be some and there is room for it.
    pub(super) fn pull(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
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

    pub(super) fn on_leased(
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
                && !self.unproven.contains(*position)
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
    pub(super) fn on_lease_failed(&mut self, now: Timestamp) {
        self.asked = 0;
        self.more = false;
        self.looks.failed(now);
    }

    /// A short page means that nothing more waits, unless bytes or the window cut it short.
    fn caught_up(&self, asked: usize, mail: &[Mail], pace: &Pace) -> bool {
        let bytes: usize = mail.iter().map(|mail| mail.envelope.len()).sum();
        mail.len() < asked && bytes + pace.largest_message <= pace.batch_bytes
    }

    /// Mail that left without ids: a ping right behind it, and its pong is the receipt.
    pub(super) fn entrust(&mut self, now: Timestamp, mail: &[Mail], effects: &mut Vec<Effect>) {
        let ping = self.life.ping(now);
        self.unproven.note(mail.iter().map(|mail| Left {
            position: mail.position,
            bytes: mail.envelope.len(),
            ping,
            sent: now,
        }));
        effects.push(Effect::Ping(ping));
    }
}
