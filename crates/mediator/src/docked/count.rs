//! Which messages of a socket were heard.

use super::Reach;

/// The numbers of messages that were dealt with.
///
/// Docks that call tell the messages of a socket in order, so what has no higher number than another one is told again: because the answer
/// got lost, or by somebody who recorded it. What comes by a queue nobody records, but whoever takes a socket over may get what a dead
/// instance had in hand after what came later. There only that counts as heard which was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    is_in_order: bool,
    highest: u64,
    /// A bit for each of the last 64 numbers, the lowest for the highest of them.
    last: u64,
}

impl Count {
    /// Of a socket that is reached so, and was not heard yet.
    pub fn of(reach: &Reach) -> Self {
        Self { is_in_order: matches!(reach, Reach::Http { .. }), highest: 0, last: 0 }
    }

    /// Whether the message with this number was heard. Nobody knows it of one without a number.
    pub fn has(self, number: Option<u64>) -> bool {
        let back = number.and_then(|number| self.highest.checked_sub(number));
        back.is_some_and(|back| self.is_in_order || self.last & bit(back) != 0)
    }

    /// It was heard.
    pub fn add(&mut self, number: Option<u64>) {
        let Some(number) = number else { return };
        if let Some(ahead) = number.checked_sub(self.highest) {
            self.last = if ahead < 64 { self.last << ahead } else { 0 };
            self.highest = number;
        }
        self.last |= bit(self.highest - number);
    }
}

fn bit(place: u64) -> u64 {
    if place < 64 { 1 << place } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calling() -> Count {
        Count::of(&Reach::Http { send: String::new(), disconnect: None })
    }

    fn queueing() -> Count {
        Count::of(&Reach::Queue("north".to_owned()))
    }

    #[test]
    fn what_was_heard_and_what_came_before_it_is_known() {
        let mut count = calling();
        assert!(!count.has(None) && !count.has(Some(1)));
        count.add(Some(2));
        count.add(None);
        assert!(
            count.has(Some(1)) && count.has(Some(2)) && !count.has(Some(3)) && !count.has(None)
        );
    }

    #[test]
    fn from_a_queue_what_comes_late_is_not_known_until_it_was_heard() {
        let mut count = queueing();
        count.add(Some(3));
        assert!(count.has(Some(3)) && !count.has(Some(2)) && !count.has(Some(4)));
        count.add(Some(2));
        assert!(count.has(Some(2)) && count.has(Some(3)) && !count.has(Some(1)));
        count.add(Some(64));
        assert!(count.has(Some(2)) && !count.has(Some(1)));
        for far in [200, u64::MAX] {
            count.add(Some(far));
            assert!(count.has(Some(far)) && !count.has(Some(3)) && !count.has(None));
        }
    }
}
