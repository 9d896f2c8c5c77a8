//! How long to leave an endpoint alone.

use std::time::Duration;

use crate::Outbound;
use crate::chance::Chance;

/// Waits that double from failure to failure, with jitter, up to a limit.
pub(super) struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
    chance: Chance,
}

impl Backoff {
    pub fn new(settings: &Outbound, chance: Chance) -> Self {
        let Outbound { backoff_first, backoff_most, .. } = *settings;
        Self { first: backoff_first, most: backoff_most, failures: 0, chance }
    }

    /// It took something.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait: between half and all of the doubled one, so that endpoints that failed together are not tried together.
    pub fn next(&mut self) -> Duration {
        let whole = self.first.saturating_mul(1 << self.failures.min(20)).min(self.most);
        self.failures = self.failures.saturating_add(1);
        self.chance.stretch(whole, 0.5, 1.0)
    }

    /// About this long, but not for all the same.
    pub fn about(&mut self, span: Duration) -> Duration {
        self.chance.stretch(span, 0.5, 1.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_start_again() {
        let mut backoff = Backoff::new(&Outbound::default(), Chance::seeded(1));
        let within = |wait: Duration, seconds: u64| {
            let whole = Duration::from_secs(seconds);
            wait >= whole / 2 && wait <= whole
        };
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert!(within(backoff.next(), seconds), "{seconds} s");
        }
        backoff.reset();
        assert!(within(backoff.next(), 1));
    }

    #[test]
    fn years_of_failures_do_not_overflow() {
        let mut backoff = Backoff::new(&Outbound::default(), Chance::seeded(1));
        backoff.failures = u32::MAX;
        assert!(backoff.next() <= Duration::from_secs(300));
    }
}
