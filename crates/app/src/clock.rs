//! The one place that looks at the system's clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use store::{Clock, Timestamp};

/// Wall time as it was at the start, carried on by the monotonic clock: it never runs backwards while the process
/// lives, whatever is done to the wall clock.
pub struct SystemClock {
    started: Instant,
    wall: Timestamp,
}

impl SystemClock {
    /// A clock that agrees with the wall clock now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), wall: Timestamp::default() + since_epoch }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.wall + self.started.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_this_century_and_goes_on() {
        let clock = SystemClock::start();
        let first = clock.now();
        assert!(first > Timestamp(1_700_000_000_000));
        assert!(clock.now() >= first);
    }
}
