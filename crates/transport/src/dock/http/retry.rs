//! How long a call that failed is tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// Pauses between tries, and their end.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The first pause. Each further one doubles, with jitter.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// No try begins later than this after the first one began.
    pub patience: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            most: Duration::from_secs(5),
            patience: Duration::from_secs(30),
        }
    }
}

/// The tries of one call.
pub(super) struct Tries<'a> {
    retry: &'a Retry,
    end: Instant,
    pause: Duration,
}

impl<'a> Tries<'a> {
    pub(super) fn new(retry: &'a Retry) -> Self {
        Self { retry, end: Instant::now() + retry.patience, pause: retry.first }
    }

    /// No try begins later.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// How long to wait before the next try; `None` if there is none.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let pause = self.pause.min(self.retry.most).mul_f64(jitter());
        self.pause = self.pause.saturating_mul(2);
        (Instant::now() + pause <= self.end).then_some(pause)
    }
}

/// Somewhere between 0.5 and 1: many sockets find out at the same moment.
fn jitter() -> f64 {
    let random = RandomState::new().hash_one(()) >> 32;
    0.5 + random as f64 / f64::from(u32::MAX) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_to_the_longest_and_end_with_patience() {
        let retry = Retry {
            first: Duration::from_millis(100),
            most: Duration::from_millis(800),
            patience: Duration::from_secs(5),
        };
        let (mut tries, mut pauses) = (Tries::new(&retry), Vec::new());
        while let Some(pause) = tries.pause() {
            pauses.push(pause);
            tokio::time::sleep(pause).await;
        }
        let total: Duration = pauses.iter().sum();
        assert!(pauses[0] <= retry.first && pauses.iter().all(|pause| *pause <= retry.most));
        assert!(pauses[4] >= Duration::from_millis(400), "{pauses:?}");
        assert!(total <= retry.patience && total > retry.patience - retry.most, "{total:?}");
    }
}
