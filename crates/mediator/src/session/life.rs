//! Whether the peer is still there.

use std::time::Duration;

use store::Timestamp;

use crate::Pace;

/// Pings sent and signs of life heard.
#[derive(Debug)]
pub(super) struct Life {
    seat: u32,
    count: u32,
    last_sign: Timestamp,
    /// When mail was first sent since the last sign of life.
    restless: Option<Timestamp>,
    /// From when on an answer to a ping has been missed.
    waiting: Option<Timestamp>,
}

/// Pings to idle peers that are due within so many milliseconds are sent together: a process with many of them wakes ten times a
/// second for that, and not for each.
const TOGETHER: u64 = 100;

/// A slow phone may need this long for what was sent before the ping.
const SLOWEST_BYTES_PER_SECOND: u64 = 8 * 1024;

impl Life {
    pub fn new(seat: u32, now: Timestamp) -> Self {
        Self { seat, count: 0, last_sign: now, restless: None, waiting: None }
    }

    /// The payload of a ping that is about to be sent. Payloads of one session grow.
    pub fn ping(&mut self, now: Timestamp) -> u64 {
        self.count = self.count.wrapping_add(1);
        self.waiting.get_or_insert(now);
        self.payload()
    }

    /// Whether a pong with this payload answers one of our pings.
    pub fn is_ours(&self, payload: u64) -> bool {
        (payload >> 32) as u32 == self.seat && payload <= self.payload()
    }

    /// Mail was sent.
    pub fn sent(&mut self, now: Timestamp) {
        self.restless.get_or_insert(now);
    }

    /// A pong came. A peer may answer only the last of several pings (RFC 6455, section 5.5.3).
    pub fn pong(&mut self, now: Timestamp, payload: u64) {
        self.sign(now);
        if payload == self.payload() {
            self.waiting = None;
        }
    }

    /// Anything came.
    pub fn sign(&mut self, now: Timestamp) {
        self.last_sign = now;
        self.restless = None;
        if self.waiting.is_some() {
            self.waiting = Some(now);
        }
    }

    pub fn ping_is_due(&self, now: Timestamp, pace: &Pace) -> bool {
        self.waiting.is_none() && now >= self.ping_due(pace)
    }

    /// Whether a ping has been unanswered for too long, given how much was sent before it.
    pub fn is_gone(&self, now: Timestamp, pace: &Pace, bytes: usize) -> bool {
        self.waiting.is_some_and(|since| now >= since + patience(pace, bytes))
    }

    pub fn deadline(&self, pace: &Pace, bytes: usize) -> Timestamp {
        match self.waiting {
            Some(since) => since + patience(pace, bytes),
            None => self.ping_due(pace),
        }
    }

    fn ping_due(&self, pace: &Pace) -> Timestamp {
        let idle = Timestamp((self.last_sign + pace.ping_every).0.next_multiple_of(TOGETHER));
        self.restless.map_or(idle, |since| idle.min(since + pace.ping_after_push))
    }

    fn payload(&self) -> u64 {
        (u64::from(self.seat) << 32) | u64::from(self.count)
    }
}

fn patience(pace: &Pace, bytes: usize) -> Duration {
    pace.ping_patience + Duration::from_secs(bytes as u64 / SLOWEST_BYTES_PER_SECOND)
}
