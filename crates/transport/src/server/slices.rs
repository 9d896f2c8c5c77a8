//! Closing many sockets, but not all in the same second: their wallets come back to somebody at once.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const SLICES: usize = 64;

/// What one socket adds to the time that closing takes, until the spread is reached: a few are closed at once.
const EACH: Duration = Duration::from_millis(5);

/// The sockets of a port in as many parts, each with a token that closes it.
#[derive(Debug)]
pub(crate) struct Slices {
    tokens: Vec<CancellationToken>,
    next: AtomicUsize,
}

impl Slices {
    pub(crate) fn new() -> Self {
        let tokens = (0..SLICES).map(|_| CancellationToken::new()).collect();
        Self { tokens, next: AtomicUsize::new(0) }
    }

    /// The token of a new socket. Sockets that came together go apart.
    pub(crate) fn turn(&self) -> CancellationToken {
        self.tokens[self.next.fetch_add(1, Ordering::Relaxed) % SLICES].clone()
    }

    /// Closes slice after slice, within `spread` if there are many `sockets` and faster if there are few.
    pub(crate) async fn close(&self, sockets: usize, spread: Duration) {
        let most = EACH.saturating_mul(u32::try_from(sockets).unwrap_or(u32::MAX));
        let pause = spread.min(most) / SLICES as u32;
        for token in &self.tokens {
            token.cancel();
            // Instances that are drained at the same moment should not close in step.
            sleep(pause.mul_f64(jitter())).await;
        }
    }
}

/// Somewhere between 0.5 and 1.
fn jitter() -> f64 {
    let random = RandomState::new().hash_one(()) >> 32;
    0.5 + random as f64 / f64::from(u32::MAX) / 2.0
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_sockets_are_closed_over_the_spread_and_few_at_once() {
        for (sockets, least, most) in [(20_000, 2_500, 5_000), (2, 0, 64)] {
            let (slices, begin) = (Slices::new(), Instant::now());
            slices.close(sockets, Duration::from_secs(5)).await;
            let millis = begin.elapsed().as_millis();
            assert!((least..=most + 64).contains(&millis), "{sockets} sockets took {millis} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sockets_that_came_together_go_apart() {
        let slices = Slices::new();
        let turns: Vec<_> = (0..SLICES).map(|_| slices.turn()).collect();
        let closing = slices.close(20_000, Duration::from_secs(5));
        let _ = tokio::time::timeout(Duration::from_secs(1), closing).await;
        let closed = turns.iter().filter(|turn| turn.is_cancelled()).count();
        assert!((10..40).contains(&closed), "{closed} of {SLICES}");
    }
}
