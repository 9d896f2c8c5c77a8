//! What happened since a checkpoint, as readers need it: an index in memory over a few segments of the journal.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::Destination;
use store::{Position, RecipientId, Timestamp};

use crate::journal::{Appended, SegmentFile};

/// A time between two checkpoints. Its size is bounded by [`Options`](crate::Options); what outlives it moves to the archive.
pub(crate) struct Generation {
    /// Every message of this generation has this sequence or a higher one, every older message a lower one.
    pub first_sequence: u64,
    /// The segments that hold it, oldest first.
    pub segments: Vec<SegmentFile>,
    /// Mail that came and has not gone.
    pub mail: BTreeMap<(RecipientId, Position), Kept>,
    /// Mail of older generations and of the archive that has gone.
    pub gone: BTreeSet<(RecipientId, Position)>,
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

/// A message of a generation. Its envelope is in the journal.
#[derive(Clone)]
pub(crate) struct Kept {
    pub received: Timestamp,
    pub expires: Timestamp,
    pub destination: Destination,
    pub envelope: Extent,
}

/// Where the bytes of an envelope are.
#[derive(Clone)]
pub(crate) struct Extent {
    pub file: Arc<File>,
    pub offset: u64,
    pub length: u32,
}

impl Extent {
    pub(crate) fn read(&self) -> io::Result<Bytes> {
        let mut bytes = vec![0; self.length as usize];
        self.file.read_exact_at(&mut bytes, self.offset)?;
        Ok(bytes.into())
    }
}

impl Generation {
    pub(crate) fn starting_at(first_sequence: u64) -> Self {
        Self {
            first_sequence,
            segments: Vec::new(),
            mail: BTreeMap::new(),
            gone: BTreeSet::new(),
            remembered: HashMap::new(),
            touched: HashSet::new(),
            soonest: Timestamp::NEVER,
        }
    }

    /// Adds an append whose envelope's range is in terms of `file` from `base` on.
    pub(crate) fn keep(&mut self, appended: Appended, file: &Arc<File>, base: u64) {
        let Appended {
            owner,
            position,
            received,
            expires,
            remembered,
            dedupe,
            destination,
            envelope,
        } = appended;
        let offset = base + envelope.start as u64;
        let envelope = Extent { file: file.clone(), offset, length: envelope.len() as u32 };
        self.soonest = self.soonest.min(expires);
        self.touched.insert(owner);
        let seen = Seen { until: remembered, window: remembered.since(received) };
        self.remembered.insert((owner, dedupe), seen);
        self.mail.insert((owner, position), Kept { received, expires, destination, envelope });
    }

    /// Removes a message of this generation and says how long it was.
    pub(crate) fn take(&mut self, owner: RecipientId, position: Position) -> Option<u64> {
        self.mail.remove(&(owner, position)).map(|kept| u64::from(kept.envelope.length))
    }

    /// Notes that a message from before this generation has gone. Says whether that is news.
    pub(crate) fn note_gone(&mut self, owner: RecipientId, position: Position) -> bool {
        self.touched.insert(owner);
        self.gone.insert((owner, position))
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
