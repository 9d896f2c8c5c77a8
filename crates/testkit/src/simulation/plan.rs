//! What a seed decides beforehand.

use std::time::Duration;

use mediator::Pace;

use crate::Random;

/// How a world is furnished.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Nothing fails here: every message has to arrive exactly once.
    pub calm: bool,
    /// Mediators over the one store.
    pub offices: usize,
    /// One wallet of each.
    pub wallets: Vec<Kind>,
    /// Senders at the same time.
    pub senders: usize,
    /// Messages of each sender.
    pub messages: usize,
    /// How long things fail.
    pub storm: Duration,
    /// How the mediators hand out mail.
    pub pace: Pace,
}

/// How a wallet fetches its mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A ping with return route on a socket, then bare envelopes.
    Implicit,
    /// A noop with return route in a request, one envelope in each answer.
    ImplicitHttp,
    /// Pickup 1.0 in requests.
    Batch,
    /// Pickup 1.0 on a socket.
    BatchSocket,
    /// Pickup 2.0 in requests.
    Polling,
    /// Pickup 2.0 on a socket, without live mode.
    PollingSocket,
    /// Pickup 2.0 in live mode, acknowledged on the socket.
    Live,
    /// Pickup 2.0 in live mode, acknowledged in requests.
    LiveHttpAcks,
    /// Pickup 4.0 in live mode.
    LiveFour,
    /// Implicit at first, then pickup 2.0 in live mode on the same socket.
    Changing,
    /// Nothing by itself: it has an address.
    Endpoint,
}

impl Kind {
    pub const ALL: [Self; 11] = [
        Self::Implicit,
        Self::ImplicitHttp,
        Self::Batch,
        Self::BatchSocket,
        Self::Polling,
        Self::PollingSocket,
        Self::Live,
        Self::LiveHttpAcks,
        Self::LiveFour,
        Self::Changing,
        Self::Endpoint,
    ];
}

/// Wallets of one world at most.
pub(super) const WALLETS_MOST: usize = 4;

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut random = Random::seeded(seed);
        let calm = random.chance(10);
        let wallets = random.within(1..WALLETS_MOST + 1);
        Self {
            calm,
            offices: random.within(1..3),
            wallets: (0..wallets).map(|_| *random.pick(&Kind::ALL)).collect(),
            senders: random.within(1..4),
            messages: random.within(3..15),
            storm: if calm { Duration::ZERO } else { storm(&mut random) },
            pace: pace(&mut random),
        }
    }
}

/// Most storms are short; in the long ones leases run out and pings go unanswered.
fn storm(random: &mut Random) -> Duration {
    match random.chance(6) {
        true => random.millis(100_000..300_000),
        false => random.millis(5_000..45_000),
    }
}

/// The paces of every day, and narrow ones that come to their limits with little mail.
fn pace(random: &mut Random) -> Pace {
    // The engine here loses wakes and looks for none of them: the sessions do.
    let usual = Pace { look_every: Duration::from_secs(30), ..Pace::default() };
    if random.chance(50) {
        return usual;
    }
    let batch_messages = random.within(1..6);
    Pace {
        batch_messages,
        batch_bytes: random.within(100..2_000),
        largest_message: 400,
        window: random.within(batch_messages..8),
        ..usual
    }
}
