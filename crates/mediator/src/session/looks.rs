//! When a session looks for mail by itself.

use std::time::Duration;

use store::Timestamp;

use crate::Pace;
use crate::chance::Chance;

/// The times at which a session looks without having been rung: twice when what others had in hand may have come back, then hardly ever,
/// because then only what a store missed can be there, and stores look for that themselves. No two sessions keep the same times.
#[derive(Debug)]
pub(super) struct Looks {
    next: Timestamp,
    interval: Duration,
    /// Failures in a row.
    failures: u32,
    chance: Chance,
}

/// From the first look to the second. What is to come back has come back by then.
const FIRST: Duration = Duration::from_secs(10);

/// A store that failed is asked again after this long, and after more each time.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MOST: Duration = Duration::from_secs(8);

impl Looks {
    /// `chance` tells this session's times from those of others.
    pub fn new(chance: Chance) -> Self {
        Self { next: Timestamp::NEVER, interval: FIRST, failures: 0, chance }
    }

    /// The session begins to push.
    pub fn begin(&mut self, now: Timestamp, pace: &Pace) {
        let a_little_later = self.about(Duration::from_millis(50));
        self.next = now + pace.linger + a_little_later;
        self.interval = FIRST;
    }

    pub fn next(&self) -> Timestamp {
        self.next
    }

    /// It looks now. The next time is within `most`.
    pub fn looked(&mut self, now: Timestamp, pace: &Pace, most: Duration) {
        let interval = std::mem::replace(&mut self.interval, Duration::MAX).min(pace.look_every);
        self.next = now + self.about(interval).min(most);
    }

    /// The store answered.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The store did not answer. All sessions of an instance notice that at once; they must not all come again at once.
    pub fn failed(&mut self, now: Timestamp) {
        self.next = now + self.retry();
    }

    /// How long to leave alone what failed.
    pub fn retry(&mut self) -> Duration {
        let wait = RETRY_FIRST.saturating_mul(1 << self.failures.min(8)).min(RETRY_MOST);
        self.failures = self.failures.saturating_add(1);
        self.about(wait)
    }

    /// Between three and five quarters of it.
    fn about(&mut self, span: Duration) -> Duration {
        self.chance.stretch(span, 0.75, 1.25)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    #[test]
    fn looks_become_rare() {
        let (pace, mut looks) = (Pace::default(), Looks::new(Chance::seeded(7)));
        looks.begin(START, &pace);
        assert!(looks.next().since(START) > pace.linger);
        let day = START + Duration::from_secs(24 * 3600);
        let mut count = 0;
        while looks.next() < day {
            looks.looked(looks.next(), &pace, Duration::MAX);
            count += 1;
        }
        assert!((45..60).contains(&count), "{count} looks in a day");
    }

    #[test]
    fn no_two_sessions_come_again_at_the_same_time() {
        let mut times: Vec<u64> = (0..100)
            .map(|seed| {
                let mut looks = Looks::new(Chance::seeded(seed));
                looks.failed(START);
                looks.next().0
            })
            .collect();
        times.sort_unstable();
        assert!(times[99] - times[0] > 400, "{times:?}");
    }

    #[test]
    fn failures_in_a_row_make_it_wait_longer_and_success_ends_that() {
        let mut looks = Looks::new(Chance::seeded(1));
        let waits: Vec<Duration> = (0..6).map(|_| looks.retry()).collect();
        assert!(waits[5] > waits[0] * 4 && waits[5] <= RETRY_MOST * 5 / 4, "{waits:?}");
        looks.succeeded();
        assert!(looks.retry() <= RETRY_FIRST * 5 / 4);
    }
}
