//! What happened since a checkpoint, as readers need it: an index in memory over a few segments of the journal.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use didcomm::Destination;
use store::{Position, RecipientId, Timestamp};

use crate::gone::Gone;
use crate::journal::{Appended, Frame, SegmentFile};

/// A time between two checkpoints. Its size is bounded by [`Options`](crate::Options); what outlives it moves to the archive.
pub(crate) struct Generation {
    /// Every message of this generation has this sequence or a higher one, every older message a lower one.
    pub first_sequence: u64,
    /// The segments that hold it, oldest first.
    pub segments: Vec<Arc<SegmentFile>>,
    /// Mail that came and has not gone.
    pub mail: BTreeMap<(RecipientId, Position), Kept>,
    /// Mail of older generations and of the archive that has gone.
    pub gone: Gone,
    /// Until when which envelope counts as a repetition.
    pub remembered: HashMap<(RecipientId, [u8; 16]), Seen>,
    /// Whose mailboxes changed.
    pub touched: HashSet<RecipientId>,
    soonest: Timestamp,
}

/// When an envelope counts as a repetition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub until: Timestamp,
    /// How long that was from the beginning.
    pub window: Duration,
}

/// A message of a generation, and where in the journal its envelope is.
#[derive(Clone)]
pub(crate) struct Kept {
    pub received: Timestamp,
    pub expires: Timestamp,
    pub destination: Destination,
    pub segment: Arc<SegmentFile>,
    pub frame: Frame,
}

impl Generation {
    pub(crate) fn starting_at(first_sequence: u64) -> Self {
        Self {
            first_sequence,
            segments: Vec::new(),
            mail: BTreeMap::new(),
            gone: Gone::default(),
            remembered: HashMap::new(),
            touched: HashSet::new(),
            soonest: Timestamp::NEVER,
        }
    }

    /// Adds an append whose place is in terms of `segment` from `base` on.
    pub(crate) fn keep(&mut self, appended: Appended, segment: &Arc<SegmentFile>, base: u64) {
        let Appended { owner, position, received, expires, remembered, dedupe, destination, frame } =
            appended;
        let frame = Frame { offset: base + frame.offset, ..frame };
        self.soonest = self.soonest.min(expires);
        self.touched.insert(owner);
        let seen = Seen { until: remembered, window: remembered.since(received) };
        self.remembered.insert((owner, dedupe), seen);
        let kept = Kept { received, expires, destination, segment: segment.clone(), frame };
        self.mail.insert((owner, position), kept);
    }

    /// Removes a message of this generation and says how long it was.
    pub(crate) fn take(&mut self, owner: RecipientId, position: Position) -> Option<u64> {
        self.mail.remove(&(owner, position)).map(|kept| u64::from(kept.frame.length))
    }

    /// Notes that a message from before this generation has gone. Says whether that is news.
    pub(crate) fn note_gone(&mut self, owner: RecipientId, position: Position) -> bool {
        self.touched.insert(owner);
        self.gone.insert(owner, position)
    }

    /// The mail of `owner` from the sequence `head` on, in order.
    pub(crate) fn of(
        &self,
        owner: RecipientId,
        head: u64,
    ) -> impl DoubleEndedIterator<Item = (Position, &Kept)> {
        let first = Position { sequence: head, incarnation: 0 };
        let range = self.mail.range((owner, first)..=(owner, LAST));
        range.map(|((_, position), kept)| (*position, kept))
    }

    /// Up to `limit` messages whose time has passed at `now`.
    pub(crate) fn expired(&self, now: Timestamp, limit: usize) -> Vec<(RecipientId, Position)> {
        if self.soonest > now {
            return Vec::new();
        }
        let expired = self.mail.iter().filter(|(_, kept)| kept.expires <= now);
        expired.map(|(place, _)| *place).take(limit).collect()
    }

    /// Its entries, of which each costs memory.
    pub(crate) fn entries(&self) -> usize {
        self.mail.len() + self.gone.len() + self.remembered.len() + self.touched.len()
    }
}

const LAST: Position = Position { sequence: u64::MAX, incarnation: u64::MAX };
