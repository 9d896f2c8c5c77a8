//! Signs of life of one socket.

use std::time::Duration;

use tokio::time::Instant;

use super::DockOptions;

/// When something was last heard and done.
#[derive(Debug)]
pub(super) struct Signs {
    heard: Instant,
    busy: Instant,
    pinged: bool,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing until then.
    Wait(Instant),
    /// A ping.
    Ping,
    /// The end: a ping went unanswered.
    Dead,
    /// The end: no message for too long.
    Idle,
}

impl Signs {
    pub(super) fn new(now: Instant) -> Self {
        Self { heard: now, busy: now, pinged: false }
    }

    /// Something came, if only a pong.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = false;
    }

    /// A message came or went.
    pub(super) fn busy(&mut self, now: Instant) {
        self.busy = now;
    }

    /// What is due now. A ping that is due counts as sent.
    pub(super) fn due(&mut self, now: Instant, options: &DockOptions) -> Due {
        let idle_at = options.idle.map(|idle| self.busy + idle);
        if idle_at.is_some_and(|at| at <= now) {
            return Due::Idle;
        }
        if self.heard + self.patience(options) > now {
            return Due::Wait(self.next(options));
        }
        if self.pinged { Due::Dead } else { self.ping(now) }
    }

    /// When something is due next, if nothing happens until then.
    pub(super) fn next(&self, options: &DockOptions) -> Instant {
        let next = self.heard + self.patience(options);
        options.idle.map_or(next, |idle| next.min(self.busy + idle))
    }

    fn ping(&mut self, now: Instant) -> Due {
        self.pinged = true;
        self.heard = now;
        Due::Ping
    }

    fn patience(&self, options: &DockOptions) -> Duration {
        if self.pinged { options.ping_patience } else { options.ping_every }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn options(idle: Option<Duration>) -> DockOptions {
        DockOptions {
            ping_every: 20 * SECOND,
            ping_patience: 10 * SECOND,
            idle,
            ..DockOptions::default()
        }
    }

    #[tokio::test]
    async fn silence_is_pinged_and_then_over() {
        let (start, options) = (Instant::now(), options(None));
        let mut signs = Signs::new(start);
        assert_eq!(signs.due(start, &options), Due::Wait(start + 20 * SECOND));
        assert_eq!(signs.due(start + 20 * SECOND, &options), Due::Ping);
        let last = start + 30 * SECOND;
        assert_eq!(signs.due(start + 21 * SECOND, &options), Due::Wait(last));
        assert_eq!(signs.due(last, &options), Due::Dead);
    }

    #[tokio::test]
    async fn any_sign_of_life_answers_a_ping() {
        let (start, options) = (Instant::now(), options(None));
        let mut signs = Signs::new(start);
        assert_eq!(signs.due(start + 20 * SECOND, &options), Due::Ping);
        signs.heard(start + 29 * SECOND);
        assert_eq!(signs.due(start + 30 * SECOND, &options), Due::Wait(start + 49 * SECOND));
    }

    #[tokio::test]
    async fn pongs_do_not_make_a_socket_busy() {
        let (start, options) = (Instant::now(), options(Some(30 * SECOND)));
        let mut signs = Signs::new(start);
        signs.heard(start + 29 * SECOND);
        assert_eq!(signs.due(start + 30 * SECOND, &options), Due::Idle);
        signs.busy(start + 15 * SECOND);
        assert_eq!(signs.due(start + 30 * SECOND, &options), Due::Wait(start + 45 * SECOND));
    }
}
