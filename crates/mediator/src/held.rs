//! Forwards that are in hand and not yet kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Patience;

/// How many there are, and how many bytes: a store that is slow or away must not make them pile up without bound.
#[derive(Debug)]
pub(crate) struct Held {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    messages_most: usize,
    bytes_most: usize,
}

/// One of them; no longer in hand when dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    held: &'a Held,
    bytes: usize,
}

impl Held {
    pub fn new(patience: &Patience) -> Self {
        Self {
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            messages_most: patience.held,
            bytes_most: patience.held_bytes,
        }
    }

    /// A place for a forward of this size, if there is one. Whatever its size, one has a place.
    pub fn take(&self, bytes: usize) -> Option<Place<'_>> {
        let place = Place { held: self, bytes };
        let before = self.messages.fetch_add(1, Ordering::Relaxed);
        let bytes_before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let fits = before < self.messages_most
            && (bytes_before == 0 || bytes_before.saturating_add(bytes) <= self.bytes_most);
        fits.then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.held.messages.fetch_sub(1, Ordering::Relaxed);
        self.held.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(messages: usize, bytes: usize) -> Held {
        Held::new(&Patience { held: messages, held_bytes: bytes, ..Patience::default() })
    }

    #[test]
    fn no_more_are_held_than_there_are_places() {
        let held = held(2, 1_000);
        let (first, _second) = (held.take(1), held.take(1));
        assert!(held.take(1).is_none());
        drop(first);
        assert!(held.take(1).is_some());
    }

    #[test]
    fn no_more_bytes_are_held_than_there_is_room_for() {
        let held = held(10, 1_000);
        let first = held.take(600);
        assert!(held.take(600).is_none());
        assert!(held.take(400).is_some());
        drop(first);
        assert!(held.take(600).is_some());
    }

    #[test]
    fn one_that_is_larger_than_all_room_goes_alone() {
        let held = held(10, 1_000);
        let large = held.take(5_000);
        assert!(large.is_some() && held.take(1).is_none());
    }
}
