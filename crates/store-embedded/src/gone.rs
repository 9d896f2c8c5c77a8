//! Which messages have gone, in memory until the archive knows.

use std::collections::HashMap;

use store::{Position, RecipientId};

/// Positions by mailbox. Mail mostly goes in the order in which it came, which makes adding cheap.
#[derive(Default)]
pub(crate) struct Gone {
    /// In order.
    mailboxes: HashMap<RecipientId, Vec<Position>>,
    entries: usize,
}

impl Gone {
    /// Says whether that is news.
    pub(crate) fn insert(&mut self, owner: RecipientId, position: Position) -> bool {
        let positions = self.mailboxes.entry(owner).or_default();
        let place = match positions.last() {
            Some(last) if *last >= position => match positions.binary_search(&position) {
                Ok(_) => return false,
                Err(place) => place,
            },
            _ => positions.len(),
        };
        positions.insert(place, position);
        self.entries += 1;
        true
    }

    pub(crate) fn contains(&self, owner: RecipientId, position: Position) -> bool {
        let of_owner = self.of(owner);
        // What is asked for is mostly younger than all that has gone.
        of_owner.last().is_some_and(|last| *last >= position)
            && of_owner.binary_search(&position).is_ok()
    }

    /// What has gone from a mailbox, in order.
    pub(crate) fn of(&self, owner: RecipientId) -> &[Position] {
        self.mailboxes.get(&owner).map_or(&[], Vec::as_slice)
    }

    /// Everything, in the order of mailboxes and positions.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = (RecipientId, &[Position])> {
        let mut mailboxes: Vec<_> = self.mailboxes.iter().collect();
        mailboxes.sort_unstable_by_key(|(owner, _)| **owner);
        mailboxes.into_iter().map(|(owner, positions)| (*owner, positions.as_slice()))
    }

    /// Positions in it.
    pub(crate) fn len(&self) -> usize {
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: RecipientId = RecipientId([1; 16]);
    const OTHER: RecipientId = RecipientId([0; 16]);

    fn at(sequence: u64) -> Position {
        Position { sequence, incarnation: 3 }
    }

    #[test]
    fn what_went_in_any_order_is_listed_in_order_and_counted_once() {
        let mut gone = Gone::default();
        for (sequence, is_news) in
            [(5, true), (7, true), (2, true), (6, true), (7, false), (2, false)]
        {
            assert_eq!(gone.insert(OWNER, at(sequence)), is_news, "{sequence}");
        }
        gone.insert(OTHER, at(9));
        assert_eq!(gone.of(OWNER), [2, 5, 6, 7].map(at));
        assert_eq!(gone.len(), 5);
        let owners: Vec<_> =
            gone.sorted().map(|(owner, positions)| (owner, positions.len())).collect();
        assert_eq!(owners, [(OTHER, 1), (OWNER, 4)]);
    }

    #[test]
    fn only_what_went_from_that_mailbox_has_gone() {
        let mut gone = Gone::default();
        gone.insert(OWNER, at(3));
        gone.insert(OWNER, at(5));
        assert_eq!(
            [2, 3, 4, 5, 6].map(|sequence| gone.contains(OWNER, at(sequence))),
            [false, true, false, true, false]
        );
        assert!(!gone.contains(OTHER, at(3)));
    }
}
