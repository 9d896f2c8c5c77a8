//! Which messages of a socket were heard.

/// The highest number of a message that was dealt with. Docks tell the messages of a socket in order, so what has no higher number is told
/// again: because the answer got lost, or by somebody who recorded it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count(u64);

impl Count {
    /// Whether the message with this number was heard. Nobody knows it of one without a number.
    pub fn has(self, number: Option<u64>) -> bool {
        number.is_some_and(|number| number <= self.0)
    }

    /// It was heard.
    pub fn add(&mut self, number: Option<u64>) {
        self.0 = self.0.max(number.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_and_what_came_before_it_is_known() {
        let mut count = Count::default();
        assert!(!count.has(None) && !count.has(Some(1)));
        count.add(Some(2));
        count.add(None);
        assert!(
            count.has(Some(1)) && count.has(Some(2)) && !count.has(Some(3)) && !count.has(None)
        );
    }
}
