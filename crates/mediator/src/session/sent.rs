//! What left on this socket with ids.

use store::Position;

/// Positions that were pushed or handed over here and not acknowledged here. None of them is ever pushed again on this
/// socket, also when the store has forgotten that they are in flight.
///
/// A wallet that acknowledges elsewhere leaves its positions standing, so that there is a limit, and the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Sent {
    positions: Vec<Position>,
}

/// So many are remembered at least. What is in flight is remembered whole, unless the wallet acknowledges elsewhere and with gaps.
const LEAST: usize = 128;

impl Sent {
    /// These leave now. Up to `window` can be in flight.
    pub fn note(&mut self, positions: impl Iterator<Item = Position>, window: usize) {
        for position in positions {
            if !self.contains(position) {
                self.make_room(window.max(LEAST));
                self.positions.push(position);
            }
        }
    }

    fn make_room(&mut self, most: usize) {
        if self.positions.len() >= most {
            // Some at a time, because the rest moves up.
            self.positions.drain(..most.div_ceil(8));
        }
    }

    /// The wallet has these.
    pub fn forget(&mut self, acknowledged: &[Position]) {
        self.positions.retain(|position| !acknowledged.contains(position));
        if self.positions.is_empty() {
            // An idle session should not hold on to the room of a busy one.
            self.positions = Vec::new();
        }
    }

    /// Whether this left here.
    pub fn contains(&self, position: Position) -> bool {
        // What is asked for is mostly new, and then behind everything.
        self.positions.iter().rev().any(|sent| *sent == position)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Position> {
        self.positions.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.positions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(numbers: std::ops::Range<u64>) -> Vec<Position> {
        numbers.map(|sequence| Position { sequence, incarnation: 1 }).collect()
    }

    #[test]
    fn a_wallet_that_acknowledges_elsewhere_fills_no_memory() {
        let mut sent = Sent::default();
        sent.note(positions(0..10_000).into_iter(), 200);
        assert!((175..=200).contains(&sent.len()), "{}", sent.len());
        assert!(sent.contains(positions(9_999..10_000)[0]));
    }

    #[test]
    fn what_is_acknowledged_takes_no_room() {
        let mut sent = Sent::default();
        sent.note(positions(0..100).into_iter(), 200);
        sent.forget(&positions(0..100));
        assert_eq!((sent.is_empty(), sent.positions.capacity()), (true, 0));
    }
}
