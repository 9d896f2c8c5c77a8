//! What the store knows without asking the disk.

use std::collections::HashMap;
use std::sync::Arc;

use store::{Position, RecipientId, StoreError};

use crate::archive::Totals;
use crate::generation::{Generation, Kept};

/// Everything since the last checkpoint, under one lock that is never held while a disk is waited for.
pub(crate) struct State {
    /// What is written to now.
    pub active: Generation,
    /// What a checkpoint is moving into the archive.
    pub frozen: Option<Arc<Generation>>,
    /// Mailboxes that the two touched. All others are as the archive has them.
    pub mailboxes: HashMap<RecipientId, Counted>,
    /// The sequence of the next message.
    pub next_sequence: u64,
    /// This life of the store.
    pub incarnation: u64,
    /// Counts finished checkpoints: a snapshot of the archive goes with the state of the same number.
    pub checkpoints: u64,
    /// Why the last checkpoint failed, until one succeeds.
    pub failure: Option<StoreError>,
}

/// One mailbox in numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// All its mail.
    pub totals: Totals,
    /// Rows that the archive has of it, gone ones included.
    pub archived: u64,
    /// All mail below this sequence has gone: where a reader may begin.
    pub head: u64,
}

impl Counted {
    /// A mailbox of which only the archive knows.
    pub(crate) fn archived(totals: Totals) -> Self {
        Self { totals, archived: totals.messages, head: 0 }
    }

    /// Whether the archive, which ends at this sequence, may have mail of it that has not gone.
    pub(crate) fn is_archived(&self, archive_end: u64) -> bool {
        self.archived > 0 && self.head < archive_end
    }
}

impl State {
    pub(crate) fn new(active: Generation, next_sequence: u64, incarnation: u64) -> Self {
        let mailboxes = HashMap::new();
        Self {
            active,
            frozen: None,
            mailboxes,
            next_sequence,
            incarnation,
            checkpoints: 0,
            failure: None,
        }
    }

    /// The mailbox's numbers, to be changed; `archived` is what the archive said of it if the state does not know better.
    pub(crate) fn count(&mut self, owner: RecipientId, archived: Totals) -> &mut Counted {
        self.active.touched.insert(owner);
        self.mailboxes.entry(owner).or_insert_with(|| Counted::archived(archived))
    }

    /// Everything below this sequence that still exists is in the archive.
    pub(crate) fn archive_end(&self) -> u64 {
        self.frozen.as_ref().map_or(self.active.first_sequence, |frozen| frozen.first_sequence)
    }

    /// The mail of `owner` that the archive does not have yet, in order.
    pub(crate) fn recent(
        &self,
        owner: RecipientId,
    ) -> impl DoubleEndedIterator<Item = (Position, &Kept)> {
        let head = self.mailboxes.get(&owner).map_or(0, |counted| counted.head);
        let is_there =
            move |(position, _): &(Position, &Kept)| !self.active.gone.contains(owner, *position);
        let frozen = self.frozen.iter().flat_map(move |frozen| frozen.of(owner, head));
        frozen.filter(is_there).chain(self.active.of(owner, head))
    }

    /// Archived mail of `owner` from `head` on that has gone, in order.
    pub(crate) fn gone(&self, owner: RecipientId, head: Position) -> Vec<Position> {
        let end = self.archive_end();
        let generations = self.frozen.iter().map(|frozen| &frozen.gone).chain([&self.active.gone]);
        let mut gone = Vec::new();
        for positions in generations.map(|gone| gone.of(owner)) {
            let start = positions.partition_point(|position| *position < head);
            let archived = positions[start..].iter().take_while(|position| position.sequence < end);
            gone.extend(archived);
        }
        gone.sort_unstable();
        gone
    }

    /// Whether an archived message has gone.
    pub(crate) fn is_gone(&self, owner: RecipientId, position: Position) -> bool {
        let is_in = |generation: &Generation| generation.gone.contains(owner, position);
        is_in(&self.active) || self.frozen.as_ref().is_some_and(|frozen| is_in(frozen))
    }

    /// Removes a message that is not in the archive yet, and says whether it was there.
    pub(crate) fn take_recent(&mut self, owner: RecipientId, position: Position) -> bool {
        let Some(length) =
            self.take_active(owner, position).or_else(|| self.take_frozen(owner, position))
        else {
            return false;
        };
        self.recount(owner, |totals| totals.subtract(length));
        true
    }

    /// Removes an archived message of this length, and says whether it was there.
    pub(crate) fn take_archived(
        &mut self,
        owner: RecipientId,
        position: Position,
        length: u64,
    ) -> bool {
        if self.is_gone(owner, position) {
            return false;
        }
        self.active.note_gone(owner, position);
        self.recount(owner, |totals| totals.subtract(length));
        true
    }

    fn take_active(&mut self, owner: RecipientId, position: Position) -> Option<u64> {
        self.active.take(owner, position)
    }

    fn take_frozen(&mut self, owner: RecipientId, position: Position) -> Option<u64> {
        let length = u64::from(self.frozen.as_ref()?.mail.get(&(owner, position))?.frame.length);
        self.active.note_gone(owner, position).then_some(length)
    }

    /// Changes the totals of a mailbox that is counted.
    pub(crate) fn recount(&mut self, owner: RecipientId, change: impl FnOnce(&mut Totals)) {
        if let Some(counted) = self.mailboxes.get_mut(&owner) {
            change(&mut counted.totals);
        }
    }

    /// Ends the active generation and begins another. There must be no frozen one.
    pub(crate) fn freeze(&mut self) {
        let next = Generation::starting_at(self.next_sequence);
        self.frozen = Some(Arc::new(std::mem::replace(&mut self.active, next)));
    }

    /// The frozen generation is in the archive now, which has this of the mailboxes that it touched.
    pub(crate) fn thaw(&mut self, archived: &HashMap<RecipientId, Totals>) {
        self.frozen = None;
        self.failure = None;
        self.checkpoints += 1;
        for (owner, totals) in archived {
            if !self.active.touched.contains(owner) {
                self.mailboxes.remove(owner);
            } else if let Some(counted) = self.mailboxes.get_mut(owner) {
                counted.archived = totals.messages;
            }
        }
    }
}
