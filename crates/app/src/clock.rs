//! The one place that looks at the system's clocks.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use store::{Clock, Timestamp};

/// The time that all instances on one store agree on.
///
/// It begins as the wall clock and is carried on by the monotonic clock, so that setting the machine's clock does nothing to it. A
/// store that is shared *anchors* it: from then on it shows the engine's time, however wrong the machine's own may be.
///
/// It never runs backwards. Where an engine's clock turns out to be behind (the primary was replaced, or its machine's clock was set
/// back), it runs at half speed until the engine has caught up. Where the engine is ahead, it jumps.
pub struct SystemClock {
    started: Instant,
    line: Mutex<Line>,
}

/// What the clock shows, as a function of the time since the start.
#[derive(Debug, Clone, Copy)]
struct Line {
    from: Duration,
    shows: Timestamp,
    /// How far that is ahead of what it should show.
    ahead: Duration,
    anchored: bool,
}

impl Line {
    fn at(&self, elapsed: Duration) -> Timestamp {
        let passed = elapsed.saturating_sub(self.from);
        self.shows + (passed - self.ahead.min(passed / 2))
    }

    /// The line that goes on from here and leads to `truth`, which is known to within `doubt`.
    fn towards(&self, elapsed: Duration, truth: Timestamp, doubt: Duration) -> Self {
        let shown = self.at(elapsed);
        let (ahead, behind) = (shown.since(truth), truth.since(shown));
        let line = Self { from: elapsed, shows: truth, ahead: Duration::ZERO, anchored: true };
        if !self.anchored || behind > doubt {
            line
        } else if ahead > doubt {
            Self { shows: shown, ahead, ..line }
        } else {
            *self
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
impl SystemClock {
    /// A clock that agrees with the wall clock now.
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = Line {
            from: Duration::ZERO,
            shows: Timestamp::default() + since_epoch,
            ahead: Duration::ZERO,
            anchored: false,
        };
        Self { started: Instant::now(), line: Mutex::new(line) }
    }

    /// Takes over the time of an engine that was asked `question` ago and has answered now. It was read somewhere in between, so
    /// that half of that is as near as it gets, and smaller differences are none.
    pub fn anchor(&self, answer: Timestamp, question: Duration) {
        let doubt = question / 2;
        let mut line = self.line();
        *line = line.towards(self.started.elapsed(), answer + doubt, doubt);
    }

    /// How far the machine's wall clock is ahead of this one, or behind it, in milliseconds.
    pub fn wall_is_ahead(&self) -> i64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let signed = |millis: u128| i64::try_from(millis).unwrap_or(i64::MAX);
        signed(wall) - signed(self.now().0.into())
    }

    fn line(&self) -> std::sync::MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let line = *self.line();
        line.at(self.started.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);
    const DOUBT: Duration = Duration::from_millis(5);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn anchored() -> Line {
        Line { from: Duration::ZERO, shows: START, ahead: Duration::ZERO, anchored: true }
    }

    #[test]
    fn it_shows_this_century_and_goes_on() {
        let clock = SystemClock::start();
        let first = clock.now();
        assert!(first > Timestamp(1_700_000_000_000));
        assert!(clock.now() >= first);
    }

    #[test]
    fn the_first_anchor_counts_whatever_the_machine_says() {
        let clock = SystemClock::start();
        clock.anchor(START, Duration::from_millis(10));
        assert!(clock.now().since(START) < seconds(60));
        assert!(clock.wall_is_ahead() > 1_000_000_000);
    }

    #[test]
    fn an_engine_that_is_ahead_is_followed_at_once() {
        let line = anchored().towards(seconds(10), START + seconds(70), DOUBT);
        assert_eq!(line.at(seconds(11)), START + seconds(71));
    }

    #[test]
    fn an_engine_that_is_behind_is_waited_for_at_half_speed() {
        let line = anchored().towards(seconds(100), START + seconds(90), DOUBT);
        assert_eq!(line.at(seconds(100)), START + seconds(100));
        assert_eq!(line.at(seconds(110)), START + seconds(105));
        assert_eq!(line.at(seconds(120)), START + seconds(110));
        assert_eq!(line.at(seconds(130)), START + seconds(120));
    }

    #[test]
    fn what_is_smaller_than_the_doubt_moves_nothing() {
        let line = anchored().towards(seconds(10), START + seconds(10) + DOUBT, DOUBT);
        assert_eq!(line.at(seconds(20)), START + seconds(20));
        let line = anchored().towards(seconds(10), START + (seconds(10) - DOUBT), DOUBT);
        assert_eq!(line.at(seconds(20)), START + seconds(20));
    }

    #[test]
    fn it_never_runs_backwards() {
        let mut line = anchored();
        let mut last = START;
        for step in 1..200 {
            let now = seconds(step);
            let truth = START + Duration::from_millis(step * 700 + (step * 7919) % 3000);
            line = line.towards(now, truth, DOUBT);
            assert!(line.at(now) >= last, "{step}");
            last = line.at(now);
        }
    }
}
