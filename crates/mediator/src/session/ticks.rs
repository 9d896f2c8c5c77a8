//! What a session does when nothing happens.

use std::time::Duration;

use store::Timestamp;

use super::{Effect, Proof, Session};
use crate::{CloseReason, Pace};

impl Session {
    /// When it wants [`Event::Tick`](super::Event::Tick), at the latest.
    pub fn deadline(&self, pace: &Pace) -> Timestamp {
        let mut next = match self.proof {
            Proof::Pongs => self.life.deadline(pace, self.unproven.bytes()),
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

    pub(super) fn on_tick(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
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
        if self.life.is_gone(now, pace, self.unproven.bytes()) {
            return self.end(CloseReason::NoProofOfLife, effects);
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
}
