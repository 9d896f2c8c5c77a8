//! Which messages of a socket were heard.

/// The numbers of messages that this instance has dealt with.
///
/// A dock tells the messages of a socket in order, and tells one again if the answer got lost; somebody may record what it tells. But what
/// has a lower number than another one need not have been heard: whoever takes a socket over gets what a dead instance had in hand after
/// what came later. So each number is remembered, in spans, of which there is one as long as nobody dies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// From the first number to the last, ascending and apart.
    spans: Vec<(u64, u64)>,
}

/// No instance leaves so many gaps. If there were more, what is in the oldest would count as heard.
const MOST_SPANS: usize = 64;

impl Count {
    /// Whether the message with this number was heard. Nobody knows it of one without a number.
    pub fn has(&self, number: Option<u64>) -> bool {
        let is_in = |number: u64| self.spans.iter().rev().any(|(a, z)| (*a..=*z).contains(&number));
        number.is_some_and(is_in)
    }

    /// Whether a message came before this one that was not heard, as far as is known here.
    pub fn misses_one_before(&self, number: Option<u64>) -> bool {
        let before = number.and_then(|number| number.checked_sub(1)).filter(|before| *before > 0);
        before.is_some() && !self.has(before)
    }

    /// It was heard.
    pub fn add(&mut self, number: Option<u64>) {
        let Some(number) = number.filter(|number| !self.has(Some(*number))) else { return };
        let place = self.spans.partition_point(|(_, last)| *last < number);
        self.spans.insert(place, (number, number));
        self.join(place + 1);
        self.join(place);
        if self.spans.len() > MOST_SPANS {
            let (first, _) = self.spans.remove(0);
            self.spans[0].0 = first;
        }
    }

    /// Joins the span at this place to the one before it, if nothing is between them.
    fn join(&mut self, place: usize) {
        let Some(before) = place.checked_sub(1).filter(|_| place < self.spans.len()) else {
            return;
        };
        if self.spans[before].1.checked_add(1) == Some(self.spans[place].0) {
            self.spans[before].1 = self.spans.remove(place).1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(numbers: impl IntoIterator<Item = u64>) -> Count {
        let mut count = Count::default();
        numbers.into_iter().for_each(|number| count.add(Some(number)));
        count
    }

    #[test]
    fn what_was_heard_is_known_and_what_comes_late_is_not_until_then() {
        let mut count = counted([3, 9]);
        count.add(None);
        assert!(!count.has(None));
        assert_eq!(
            [2, 3, 4, 8, 9, 10].map(|number| count.has(Some(number))),
            [false, true, false, false, true, false]
        );
        count.add(Some(4));
        assert!(count.has(Some(4)) && !count.has(Some(5)));
    }

    #[test]
    fn the_first_message_has_none_before_it() {
        assert!(!counted([]).misses_one_before(None));
        assert!(!counted([]).misses_one_before(Some(1)));
        assert!(counted([]).misses_one_before(Some(2)));
        assert!(!counted([4]).misses_one_before(Some(5)));
    }

    #[test]
    fn numbers_in_a_row_are_one_span_in_whichever_order_they_come() {
        assert_eq!(counted(1..=1_000).spans, [(1, 1_000)]);
        assert_eq!(counted([2, 1, 4, 3, 3, 5]).spans, [(1, 5)]);
        assert_eq!(counted([u64::MAX, 0, u64::MAX - 1]).spans, [(0, 0), (u64::MAX - 1, u64::MAX)]);
    }

    #[test]
    fn of_too_many_gaps_the_oldest_closes() {
        let count = counted((0..MOST_SPANS as u64 + 1).map(|number| number * 2));
        assert_eq!(count.spans.len(), MOST_SPANS);
        assert!(count.has(Some(1)) && !count.has(Some(3)));
    }
}
