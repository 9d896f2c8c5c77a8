//! How long to leave an endpoint alone.

use std::time::Duration;

use crate::Outbound;
use crate::ids::random_u64;

/// Waits that double from failure to failure, with jitter, up to a limit.
pub(super) struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    pub fn new(settings: &Outbound) -> Self {
        Self { first: settings.backoff_first, most: settings.backoff_most, failures: 0 }
    }

    /// It took something.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait: between half and all of the doubled one, so that endpoints that failed together are not tried together.
    pub fn next(&mut self) -> Duration {
        let whole = self.first.saturating_mul(1 << self.failures.min(20)).min(self.most);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        half + half.mul_f64(random_u64() as f64 / u64::MAX as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_start_again() {
        let mut backoff = Backoff::new(&Outbound::default());
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
        let mut backoff = Backoff::new(&Outbound::default());
        backoff.failures = u32::MAX;
        assert!(backoff.next() <= Duration::from_secs(300));
    }
}
