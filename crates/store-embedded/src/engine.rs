//! The parts of the mail store and how reading and removing go through them.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use store::{
    Clock, Demand, Depth, Flight, Mail, Position, RecipientId, Result, StoreError, Timestamp,
};

use crate::Options;
use crate::archive::{Archive, Snapshot, Totals};
use crate::disk::io_failure;
use crate::envelopes::EnvelopeCache;
use crate::journal::Shelf;
use crate::picking::Picker;
use crate::reading::Patience;
use crate::selection::{Loaded, View};
use crate::state::{Counted, State};

/// So often a mailbox is looked at: mail may move to another segment between a look and reading it, but not that often.
const LOOKS: usize = 3;

/// Shared by the callers, the writer and the checkpointer.
///
/// Locks are taken in the order flight, then state, and the state's is not held while a disk is waited for: but for
/// single small rows, everything is read from a snapshot of the archive that was taken together with the state.
pub(crate) struct Engine {
    pub state: Mutex<State>,
    /// Rung when a generation was frozen, a checkpoint ended, or the store closes.
    pub changed: Condvar,
    pub archive: Archive,
    pub shelf: Shelf,
    pub cache: EnvelopeCache,
    pub flight: Flight,
    pub clock: Arc<dyn Clock>,
    pub options: Options,
}

impl Engine {
    /// Whether this mailbox is read without the archive.
    pub(crate) fn is_recent(&self, owner: RecipientId) -> Result<bool> {
        Ok(self.whereabouts(owner)? == Whereabouts::Recent)
    }

    /// Where the mail of a mailbox is.
    pub(crate) fn whereabouts(&self, owner: RecipientId) -> Result<Whereabouts> {
        let state = self.state.lock();
        let (counted, snapshot) = self.counted(&state, owner)?;
        Ok(match (counted.is_archived(state.archive_end()), snapshot) {
            (false, _) => Whereabouts::Recent,
            (true, None) => Whereabouts::Warm,
            (true, Some(_)) => Whereabouts::Archived,
        })
    }

    /// The numbers of a mailbox, and the snapshot that goes with them if the archive had to be asked.
    pub(crate) fn counted(
        &self,
        state: &State,
        owner: RecipientId,
    ) -> Result<(Counted, Option<Snapshot>)> {
        if let Some(counted) = state.mailboxes.get(&owner) {
            return Ok((*counted, None));
        }
        let snapshot = self.archive.snapshot()?;
        Ok((Counted::archived(snapshot.totals(owner)?), Some(snapshot)))
    }

    /// See [`Mailbox::peek`](store::Mailbox::peek).
    pub(crate) fn peek(
        &self,
        owner: RecipientId,
        demand: &Demand,
        patience: Patience,
    ) -> Result<Option<Vec<Mail>>> {
        let in_flight = self.flight.lock(owner, self.clock.now());
        self.select(owner, demand, patience, |position| in_flight.contains(position))
    }

    /// The oldest mail within `demand` that is not `hidden`; `None` if it would have to be waited for.
    pub(crate) fn select(
        &self,
        owner: RecipientId,
        demand: &Demand,
        patience: Patience,
        hidden: impl Fn(Position) -> bool,
    ) -> Result<Option<Vec<Mail>>> {
        if demand.messages == 0 {
            return Ok(Some(Vec::new()));
        }
        let mut missing = None;
        for _ in 0..LOOKS {
            let view = View::take(self, owner, demand, &hidden)?;
            let mut picker = Picker::new(demand);
            let head = view.pick(&mut picker, &hidden)?;
            self.note_head(owner, head);
            match view.load(picker.into_picked(), self, patience)? {
                Loaded::Mail(mail) => return Ok(Some(mail)),
                Loaded::Cold => return Ok(None),
                Loaded::Missing(segment) => missing = Some(segment),
            }
        }
        let missing = missing.map_or_else(String::new, |segment| segment.to_string());
        Err(StoreError::Damaged(format!("journal/{missing} is missing")))
    }

    fn note_head(&self, owner: RecipientId, head: u64) {
        if let Some(counted) = self.state.lock().mailboxes.get_mut(&owner) {
            counted.head = counted.head.max(head);
        }
    }

    /// See [`Mailbox::depth`](store::Mailbox::depth).
    pub(crate) fn depth(
        &self,
        owner: RecipientId,
        key: Option<&didcomm::Destination>,
    ) -> Result<Depth> {
        let in_flight = self.flight.lock(owner, self.clock.now());
        let hidden = |position| in_flight.contains(position);
        let demand = Demand { key: key.cloned(), ..Demand::of(usize::MAX, usize::MAX) };
        if key.is_some() {
            return View::take(self, owner, &demand, &hidden)?.depth(&demand, &hidden);
        }
        let view = View::take(self, owner, &Demand { messages: 1, ..demand.clone() }, &hidden)?;
        let totals = view.totals;
        let (oldest, newest) = view.ends(&demand, &hidden)?;
        Ok(Depth {
            messages: totals.messages.saturating_sub(in_flight.messages()),
            bytes: totals.bytes.saturating_sub(in_flight.bytes()),
            oldest,
            newest,
        })
    }

    /// Removes those of `ids` that are in this mailbox and returns them. The caller holds the mailbox's flight lock.
    pub(crate) fn remove(&self, owner: RecipientId, ids: &[Position]) -> Result<Vec<Position>> {
        let mut removed = Vec::with_capacity(ids.len());
        let mut ids = ids.to_vec();
        while !ids.is_empty() {
            let lookup = self.remove_recent(owner, &mut ids, &mut removed);
            let outcome = lookup
                .and_then(|lookup| self.remove_archived(owner, &mut ids, &mut removed, lookup));
            if let Err(error) = outcome {
                // What was removed before the failure stays removed, and must reach the journal.
                return if removed.is_empty() { Err(error) } else { Ok(removed) };
            }
        }
        removed.iter().for_each(|position| self.cache.drop(*position));
        Ok(removed)
    }

    /// Leaves in `ids` what may be in the archive.
    fn remove_recent(
        &self,
        owner: RecipientId,
        ids: &mut Vec<Position>,
        removed: &mut Vec<Position>,
    ) -> Result<Lookup> {
        let mut state = self.state.lock();
        let archived = match state.mailboxes.get(&owner) {
            Some(_) => Totals::default(),
            None => self.archive.snapshot()?.totals(owner)?,
        };
        let has_archived = state.count(owner, archived).archived > 0;
        let end = state.archive_end();
        ids.retain(|id| {
            if id.sequence >= end && state.take_recent(owner, *id) {
                removed.push(*id);
            }
            has_archived && id.sequence < end && !state.is_gone(owner, *id)
        });
        ids.sort_unstable();
        ids.dedup();
        let snapshot = if ids.is_empty() { None } else { Some(self.archive.snapshot()?) };
        Ok(Lookup { checkpoints: state.checkpoints, snapshot })
    }

    /// Empties `ids`, unless a checkpoint made the lookup stale.
    fn remove_archived(
        &self,
        owner: RecipientId,
        ids: &mut Vec<Position>,
        removed: &mut Vec<Position>,
        lookup: Lookup,
    ) -> Result<()> {
        let Some(snapshot) = lookup.snapshot else { return Ok(()) };
        let found = snapshot.lengths(owner, ids)?;
        let mut state = self.state.lock();
        if state.checkpoints != lookup.checkpoints {
            return Ok(());
        }
        ids.clear();
        let taken = found
            .into_iter()
            .filter(|(position, length)| state.take_archived(owner, *position, *length));
        removed.extend(taken.map(|(position, _)| position));
        Ok(())
    }

    /// Up to `limit` messages whose time has passed at `now`. Some may have gone by another way since.
    pub(crate) fn expired(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(RecipientId, Position)>> {
        let (mut expired, snapshot) = {
            let state = self.state.lock();
            let frozen = state
                .frozen
                .as_ref()
                .map(|frozen| frozen.expired(now, usize::MAX))
                .unwrap_or_default();
            let mut expired = state.active.expired(now, limit);
            let is_there =
                |place: &(RecipientId, Position)| !state.active.gone.contains(place.0, place.1);
            expired.extend(frozen.into_iter().filter(is_there));
            (expired, self.archive.snapshot()?)
        };
        expired.truncate(limit);
        let is_there = |owner, position| !self.state.lock().is_gone(owner, position);
        expired.extend(snapshot.expired(now, limit - expired.len(), is_there)?);
        Ok(expired)
    }

    /// Deletes the segments of which nothing is needed any more.
    pub(crate) fn sweep(&self) -> Result<()> {
        let snapshot = self.archive.snapshot()?;
        let inhabited = snapshot.loads()?.into_iter().map(|(id, _)| id).collect();
        let last = snapshot.progress()?.last_segment;
        self.shelf.sweep(last, &inhabited).map_err(|error| io_failure(&error))
    }

    /// Whether the archive has something whose time has passed at `now`, gone or not.
    pub(crate) fn has_stale(&self, now: Timestamp) -> Result<bool> {
        let expired = self.archive.snapshot()?.expired(now, 1, |_, _| true)?;
        Ok(self.archive.has_forgettable(now) || !expired.is_empty())
    }
}

/// Where the mail of a mailbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// In the journal since the last checkpoints, whose index is in memory.
    Recent,
    /// In the archive; something came or went a moment ago, so that the pages that lead to it are in memory.
    Warm,
    /// In the archive.
    Archived,
}

/// A snapshot and the number of the state that it goes with.
struct Lookup {
    checkpoints: u64,
    snapshot: Option<Snapshot>,
}
