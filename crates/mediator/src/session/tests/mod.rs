//! A session without sockets, stores and clocks.

mod life;
mod live;
mod looking;
mod once;
mod proof;

use bytes::Bytes;
use didcomm::Destination;

use store::Mail;

use super::*;
use crate::CloseReason;

const START: Timestamp = Timestamp(1_000_000);

/// A session and what it wants done, with a clock to turn.
struct Bench {
    session: Session,
    pace: Pace,
    now: Timestamp,
    effects: Vec<Effect>,
}

impl Bench {
    fn implicit() -> Self {
        let pace = Pace::default();
        let mut bench = Self::with(Session::implicit(1, 7, START, &pace), pace);
        bench.tell(Event::Polled);
        bench
    }

    fn proven_by_words() -> Self {
        let pace = Pace::default();
        let session = Session::implicit(1, 7, START, &pace).proven_by(Proof::Words);
        let mut bench = Self::with(session, pace);
        bench.tell(Event::Polled);
        bench
    }

    fn live() -> Self {
        let pace = Pace::default();
        let mut bench = Self::with(Session::explicit(1, 7, START), pace);
        bench.tell(Event::Live(true));
        bench
    }

    fn with(session: Session, pace: Pace) -> Self {
        Self { session, pace, now: START, effects: Vec::new() }
    }

    fn tell(&mut self, event: Event) {
        self.effects.clear();
        self.session.handle(self.now, event, &self.pace, &mut self.effects);
    }

    /// Answers the lease under way.
    fn lease(&mut self, mail: &[u64]) {
        assert!(self.asks_for_mail(), "no lease under way: {:?}", self.effects);
        self.tell(Event::Leased(mail.iter().map(|number| letter(*number)).collect()));
    }

    fn asks_for_mail(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Lease { .. }))
    }

    fn pushed(&self) -> Vec<u64> {
        let pushes = self.effects.iter().filter_map(|effect| match effect {
            Effect::Push { mail, .. } => Some(mail),
            _ => None,
        });
        pushes.flatten().map(|mail| mail.position.sequence).collect()
    }

    fn ping(&self) -> Option<u64> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Ping(payload) => Some(*payload),
            _ => None,
        })
    }

    fn acknowledged(&self) -> Vec<u64> {
        let acks = self.effects.iter().filter_map(|effect| match effect {
            Effect::Acknowledge(positions) => Some(positions),
            _ => None,
        });
        acks.flatten().map(|position| position.sequence).collect()
    }

    fn lease_empty_if_asked(&mut self) {
        if self.asks_for_mail() {
            self.lease(&[]);
        }
    }

    /// Lets time pass to the next deadline and ticks.
    fn tick(&mut self) {
        self.now = self.session.deadline(&self.pace).max(self.now);
        self.tell(Event::Tick);
    }
}

fn position(sequence: u64) -> Position {
    Position { sequence, incarnation: 1 }
}

fn letter(sequence: u64) -> Mail {
    Mail {
        position: position(sequence),
        envelope: Bytes::from_static(b"{}"),
        destination: Destination::Agreement([1; 32]),
        received: START,
    }
}
