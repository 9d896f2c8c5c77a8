//! Mail that was handed out without any way to acknowledge it.

use std::collections::VecDeque;

use store::{Position, Timestamp};

/// What left, oldest first, and the pings behind it.
#[derive(Debug, Default)]
pub(super) struct Unproven(VecDeque<Left>);

/// One message whose receipt only a pong can prove.
#[derive(Debug)]
pub(super) struct Left {
    pub position: Position,
    pub bytes: usize,
    /// The ping that was sent behind it.
    pub ping: u64,
    pub sent: Timestamp,
}

impl Unproven {
    pub fn note(&mut self, left: impl Iterator<Item = Left>) {
        self.0.extend(left);
    }

    /// Takes out the oldest, as far as `is_proven` goes: they have arrived.
    pub fn prove(&mut self, is_proven: impl Fn(&Left) -> bool) -> Vec<Position> {
        let proven = self.0.iter().take_while(|left| is_proven(left)).count();
        self.0.drain(..proven).map(|left| left.position).collect()
    }

    pub fn contains(&self, position: Position) -> bool {
        self.0.iter().any(|left| left.position == position)
    }

    pub fn positions(&self) -> Vec<Position> {
        self.0.iter().map(|left| left.position).collect()
    }

    pub fn bytes(&self) -> usize {
        self.0.iter().map(|left| left.bytes).sum()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
