//! When what failed is tried again.

use std::time::Duration;

/// The schedule of the deliverer that the plug-in came with, or one that is as curved: the n-th wait is
/// `first` × 5^((n − 1) / 4), which is 5, 7.5, 11.2, 16.7 and 25 s by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How often a message is tried again; then it is a dead letter.
    pub retries: u32,
    /// The first wait.
    pub first: Duration,
}

/// Each wait is as many times longer than the one before: the fourth root of five.
const GROWTH: f64 = 1.495_348_781_221_22;

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl Default for Schedule {
    fn default() -> Self {
        Self { retries: 5, first: Duration::from_secs(5) }
    }
}

impl Schedule {
    /// How long to wait after so many failures, none if that was the last try.
    #[must_use]
    pub fn wait(&self, failures: u32) -> Option<Duration> {
        if failures > self.retries {
            return None;
        }
        let times = GROWTH.powf(f64::from(failures.saturating_sub(1)));
        let seconds = (self.first.as_secs_f64() * times).min(LONGEST.as_secs_f64());
        Some(Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_those_of_the_deliverer_before() {
        let waits: Vec<_> = (1..=6).map(|failures| Schedule::default().wait(failures)).collect();
        let expected = [5.0, 7.477, 11.180, 16.719, 25.0];
        for (wait, expected) in waits.iter().zip(expected) {
            assert!((wait.unwrap().as_secs_f64() - expected).abs() < 0.001, "{waits:?}");
        }
        assert_eq!(waits[5], None);
    }

    #[test]
    fn no_number_of_retries_makes_a_wait_without_end() {
        let many = Schedule { retries: u32::MAX, first: Duration::from_secs(5) };
        assert_eq!(many.wait(u32::MAX), Some(LONGEST));
    }

    #[test]
    fn without_retries_the_first_failure_is_the_last() {
        assert_eq!(Schedule { retries: 0, ..Schedule::default() }.wait(1), None);
    }
}
