//! Time for tests.

use store::{Clock, Timestamp};
use tokio::time::Instant;

/// The clock of the runtime it was made in. Where the runtime's time is paused, so is this: both advance together, and a
/// simulated hour passes as fast as the machine gets through it.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeClock {
    start: Instant,
}

/// Some day, the same in every run.
const EPOCH: Timestamp = Timestamp(1_767_225_600_000);

impl RuntimeClock {
    /// A clock that starts now, on the same day whenever that is.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        EPOCH + self.start.elapsed()
    }
}
