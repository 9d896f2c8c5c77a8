//! What was acknowledged on this socket a moment ago.

use std::collections::VecDeque;

use store::Position;

/// The last positions that were acknowledged or proven here. An engine that is killed may forget the last removals, as its
/// settings allow; what it then gives once more must be removed again, and not be pushed again on this socket.
#[derive(Debug, Default)]
pub(super) struct Settled {
    positions: VecDeque<Position>,
}

/// Acknowledgements need not be durable at once, but are within a second in all engines: that many come in a second at most, or
/// nearly so.
const MOST: usize = 64;

impl Settled {
    /// These are done.
    pub fn note(&mut self, positions: &[Position]) {
        let last = &positions[positions.len().saturating_sub(MOST)..];
        let too_many = (self.positions.len() + last.len()).saturating_sub(MOST);
        self.positions.drain(..too_many);
        self.positions.extend(last);
    }

    /// Whether this was done here.
    pub fn contains(&self, position: Position) -> bool {
        self.positions.contains(&position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_are_remembered() {
        let position = |sequence| Position { sequence, incarnation: 1 };
        let mut settled = Settled::default();
        settled.note(&(0..10).map(position).collect::<Vec<_>>());
        settled.note(&(10..100).map(position).collect::<Vec<_>>());
        settled.note(&[position(100)]);
        assert_eq!(settled.positions.len(), MOST);
        assert!(settled.contains(position(100)) && settled.contains(position(37)));
        assert!(!settled.contains(position(36)));
    }
}
