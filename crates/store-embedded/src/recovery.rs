//! Reading the journal again.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use store::{Position, RecipientId, Result};

use crate::archive::{Archive, Snapshot};
use crate::disk::io_failure;
use crate::generation::Generation;
use crate::journal::{self, Record, SegmentFile};
use crate::state::State;

/// The store as it was left.
pub(crate) struct Recovered {
    pub state: State,
    /// A number above those of all segments there ever were.
    pub next_segment: u64,
}

/// Takes the segments that the archive does not contain yet as the first generation.
pub(crate) fn recover(journal: &Path, archive: &Archive) -> Result<Recovered> {
    let progress = archive.progress()?;
    journal::remove_up_to(journal, progress.last_segment).map_err(|error| io_failure(&error))?;
    let mut generation = Generation::starting_at(progress.next_sequence);
    let mut next_sequence = progress.next_sequence;
    let mut last_segment = progress.last_segment;
    for id in journal::list(journal).map_err(|error| io_failure(&error))? {
        let replayed = journal::replay(journal, id, |segment, record| {
            next_sequence = next_sequence.max(apply(&mut generation, segment, record));
        });
        let replayed = replayed.map_err(|error| io_failure(&error))?;
        if replayed.torn > 0 {
            tracing::warn!(
                segment = id,
                bytes = replayed.torn,
                "the journal ends in a torn write, which was never confirmed"
            );
        }
        generation.segments.push(replayed.handle);
        last_segment = id;
    }
    let incarnation = RandomState::new().hash_one(last_segment);
    let mut state = State::new(generation, next_sequence, incarnation);
    count_all(&mut state, &archive.snapshot()?)?;
    Ok(Recovered { state, next_segment: last_segment + 1 })
}

/// Returns a sequence above that of the record.
fn apply(generation: &mut Generation, segment: &SegmentFile, record: Record) -> u64 {
    match record {
        Record::Appended(appended) => {
            let next = appended.position.sequence + 1;
            generation.keep(appended, &segment.file, 0);
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
    let gone: Vec<Position> =
        state.gone(owner, Position { sequence: 0, incarnation: 0 }).into_iter().collect();
    let lengths: Vec<u64> =
        state.active.of(owner, 0).map(|(_, kept)| u64::from(kept.envelope.length)).collect();
    let counted = state.count(owner, snapshot.totals(owner)?);
    lengths.into_iter().for_each(|length| counted.totals.add(length));
    snapshot
        .lengths(owner, &gone)?
        .into_iter()
        .for_each(|(_, length)| counted.totals.subtract(length));
    Ok(())
}
