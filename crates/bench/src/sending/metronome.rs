use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::time::Instant;

use super::End;

/// Says when the next message is due, more precisely than the runtime's timer, which counts milliseconds.
pub(super) struct Metronome {
    /// Messages a second.
    pub rate: f64,
    /// How much faster at this time since the start.
    pub burst: fn(Duration) -> f64,
    /// When it is over.
    pub end: End,
    /// When it begins.
    pub start: Instant,
}

impl Metronome {
    /// Ticks until the end, until nobody listens, or until the other side of `gone` is dropped.
    pub fn run(&self, gone: &Receiver<()>, tick: impl Fn(Instant) -> bool) {
        let mut since = Duration::ZERO;
        for number in 0_u64.. {
            let over = match self.end {
                End::After(time) => since >= time,
                End::Messages(messages) => number >= messages,
            };
            let due = self.start + since;
            let wait = due.saturating_duration_since(Instant::now());
            if over || gone.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) || !tick(due) {
                return;
            }
            since += Duration::from_secs_f64(1.0 / (self.rate * (self.burst)(since)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::mpsc::channel;

    use super::super::steady;
    use super::*;

    fn ticks(rate: f64, burst: fn(Duration) -> f64, end: End) -> Vec<u128> {
        // Everything is long due, so that the test waits for nothing.
        let start = Instant::now() - Duration::from_secs(60);
        let (_going, gone) = channel();
        let ticks = RefCell::new(Vec::new());
        Metronome { rate, burst, end, start }.run(&gone, |due| {
            ticks.borrow_mut().push((due - start).as_millis());
            true
        });
        ticks.into_inner()
    }

    #[test]
    fn messages_become_due_at_the_rate_however_late_they_are() {
        let second = End::After(Duration::from_secs(1));
        assert_eq!(ticks(4.0, steady, second), [0, 250, 500, 750]);
        assert_eq!(ticks(2.0, steady, End::Messages(3)), [0, 500, 1_000]);
    }

    #[test]
    fn a_burst_makes_more_of_them_due() {
        let burst = |since: Duration| if since.as_secs() == 1 { 2.0 } else { 1.0 };
        let three_seconds = End::After(Duration::from_secs(3));
        assert_eq!(ticks(2.0, burst, three_seconds).len(), 2 + 4 + 2);
    }

    #[test]
    fn a_metronome_stops_when_it_is_told_to() {
        let (going, gone) = channel();
        let metronome = Metronome {
            rate: 0.001,
            burst: steady,
            end: End::Messages(2),
            start: Instant::now() + Duration::from_secs(3_600),
        };
        drop(going);
        metronome.run(&gone, |_| panic!("nothing is due for an hour"));
    }
}
