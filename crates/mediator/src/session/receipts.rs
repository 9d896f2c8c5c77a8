//! What arrived, and how that is known.

use store::{Position, Timestamp};

use super::unproven::Left;
use super::{Effect, Proof, Session};
use crate::Pace;

impl Session {
    pub(super) fn on_handed(&mut self, now: Timestamp, positions: &[Position], pace: &Pace) {
        self.life.sent(now);
        self.sent.note(positions.iter().copied(), pace.window);
    }

    pub(super) fn on_received(&mut self, positions: &[Position]) {
        self.sent.forget(positions);
        self.settled.note(positions);
        self.more |= std::mem::take(&mut self.blocked);
    }

    pub(super) fn on_pong(&mut self, now: Timestamp, payload: u64, effects: &mut Vec<Effect>) {
        self.life.pong(now, payload);
        if !self.life.is_ours(payload) {
            return;
        }
        self.prove(|left| left.ping <= payload, effects);
    }

    /// What arrives shows what of ours has arrived before it, unless both crossed on the way.
    pub(super) fn on_sign(&mut self, now: Timestamp, pace: &Pace, effects: &mut Vec<Effect>) {
        self.life.sign(now);
        if self.proof == Proof::Words {
            self.prove(|left| now >= left.sent + pace.ping_after_push, effects);
        }
    }

    /// The oldest of what was unproven, as far as `is_proven` goes, has arrived.
    fn prove(&mut self, is_proven: impl Fn(&Left) -> bool, effects: &mut Vec<Effect>) {
        let proven = self.unproven.prove(is_proven);
        if !proven.is_empty() {
            self.settled.note(&proven);
            effects.push(Effect::Acknowledge(proven));
        }
    }

    pub(super) fn on_acknowledge_failed(&mut self, now: Timestamp, mut positions: Vec<Position>) {
        self.proven.append(&mut positions);
        self.remove_at = now + self.looks.retry();
    }
}
