//! Reading the journal again.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use store::{Position, RecipientId, Result};

use crate::archive::{Archive, Progress, Snapshot};
use crate::disk::io_failure;
use crate::generation::Generation;
use crate::journal::{self, Record, SegmentFile, SegmentId, Shelf};
use crate::state::State;

/// The store as it was left.
pub(crate) struct Recovered {
    pub state: State,
    /// A number above those of all segments that the journal ever had.
    pub next_segment: u64,
    /// A number above those of all segments that hold moved mail.
    pub next_moved: u64,
}

/// Takes the segments that the archive does not contain yet as the first generation.
pub(crate) fn recover(shelf: &Shelf, archive: &Archive) -> Result<Recovered> {
    let snapshot = archive.snapshot()?;
    let Progress { last_segment: archived, mut next_sequence } = snapshot.progress()?;
    let mut generation = Generation::starting_at(next_sequence);
    let (mut last_segment, mut last_moved) = (archived, 0);
    for id in sweep(shelf, &snapshot, archived)? {
        match id {
            SegmentId::Journal(number) if number > archived => {
                let next = replay(shelf, id, &mut generation)?;
                next_sequence = next_sequence.max(next);
                last_segment = number;
            }
            SegmentId::Journal(_) => {}
            SegmentId::Moved(number) => last_moved = number,
        }
    }
    let incarnation = RandomState::new().hash_one(last_segment);
    let mut state = State::new(generation, next_sequence, incarnation);
    count_all(&mut state, &snapshot)?;
    Ok(Recovered { state, next_segment: last_segment + 1, next_moved: last_moved + 1 })
}

/// Deletes what a crash kept from being deleted, and returns the segments that there are.
fn sweep(shelf: &Shelf, snapshot: &Snapshot, archived: u64) -> Result<Vec<SegmentId>> {
    let inhabited: BTreeSet<_> = snapshot.loads()?.into_iter().map(|(id, _)| id).collect();
    shelf.sweep(archived, &inhabited).map_err(|error| io_failure(&error))?;
    let present = journal::list(shelf.dir()).map_err(|error| io_failure(&error))?;
    for segment in inhabited.iter().filter(|id| !present.contains(id)) {
        tracing::error!(%segment, "a segment of the journal is missing: its mail cannot be read");
    }
    Ok(present)
}

/// Returns a sequence above all of the segment.
fn replay(shelf: &Shelf, id: SegmentId, generation: &mut Generation) -> Result<u64> {
    let mut next_sequence = 0;
    let replayed = journal::replay(shelf.dir(), id, |segment, record| {
        next_sequence = next_sequence.max(apply(generation, segment, record));
    });
    let replayed = replayed.map_err(|error| io_failure(&error))?;
    if replayed.torn > 0 {
        tracing::warn!(
            segment = %id,
            bytes = replayed.torn,
            "the journal ends in a torn write, which was never confirmed"
        );
    }
    generation.segments.push(replayed.handle);
    Ok(next_sequence)
}

/// Returns a sequence above that of the record.
fn apply(generation: &mut Generation, segment: &Arc<SegmentFile>, record: Record) -> u64 {
    match record {
        Record::Appended(appended) => {
            let next = appended.position.sequence + 1;
            generation.keep(appended, segment, 0);
            next
        }
        Record::Gone { owner, positions } => {
            for position in positions {
                if generation.take(owner, position).is_none()
                    && position.sequence < generation.first_sequence
                {
                    generation.note_gone(owner, position);
                }
            }
            0
        }
    }
}

fn count_all(state: &mut State, snapshot: &Snapshot) -> Result<()> {
    let owners: Vec<_> = state.active.touched.iter().copied().collect();
    for owner in owners {
        count(state, snapshot, owner)?;
    }
    Ok(())
}

fn count(state: &mut State, snapshot: &Snapshot, owner: RecipientId) -> Result<()> {
    let gone: Vec<Position> = state.gone(owner, Position { sequence: 0, incarnation: 0 });
    let lengths: Vec<u64> =
        state.active.of(owner, 0).map(|(_, kept)| u64::from(kept.frame.length)).collect();
    let counted = state.count(owner, snapshot.totals(owner)?);
    lengths.into_iter().for_each(|length| counted.totals.add(length));
    snapshot
        .lengths(owner, &gone)?
        .into_iter()
        .for_each(|(_, length)| counted.totals.subtract(length));
    Ok(())
}
