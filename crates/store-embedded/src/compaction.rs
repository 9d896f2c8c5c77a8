//! Old mail moves out of segments that have little left, so that they can be deleted.

use std::collections::BTreeSet;

use store::Result;

use crate::archive::Load;
use crate::engine::Engine;
use crate::journal::SegmentId;
use crate::moving::Mover;

/// Decides what moves. It lives as long as the store is open.
pub(crate) struct Compactor {
    /// The number of the next segment for moved mail.
    next: u64,
    /// Segments of which something could not be read. They stay as they are.
    damaged: BTreeSet<SegmentId>,
}

impl Compactor {
    /// One whose segments are numbered from `next` on.
    pub(crate) fn numbering_from(next: u64) -> Self {
        Self { next, damaged: BTreeSet::new() }
    }

    /// Moves as much as a segment holds, if the segments take up more than twice what lives in them and two segments.
    pub(crate) fn run(&mut self, engine: &Engine) -> Result<()> {
        let snapshot = engine.archive.snapshot()?;
        let loads = snapshot.loads()?.into_iter().filter(|(id, _)| !self.damaged.contains(id));
        let victims = choose(loads.collect(), engine.options.segment_bytes);
        if victims.is_empty() {
            return Ok(());
        }
        let target = SegmentId::Moved(self.next);
        self.next += 1;
        let mut mover = Mover::to(&engine.shelf, target)?;
        for (victim, load) in victims {
            if mover.move_out_of(victim, &snapshot)? < load.messages {
                tracing::error!(segment = %victim, "a segment of the journal is damaged");
                self.damaged.insert(victim);
            }
        }
        mover.finish(&engine.archive)
    }
}

/// The emptiest segments, until what remains is not worth it or as much as a segment holds would move.
fn choose(mut loads: Vec<(SegmentId, Load)>, segment_bytes: u64) -> Vec<(SegmentId, Load)> {
    let live: u64 = loads.iter().map(|(_, load)| load.bytes).sum();
    let size: u64 = loads.iter().map(|(_, load)| load.size).sum();
    let mut excess = size.saturating_sub(2 * live + 2 * segment_bytes);
    let mut room = segment_bytes;
    loads.sort_unstable_by_key(|(_, load)| load.bytes * 1024 / load.size.max(1));
    loads
        .into_iter()
        .take_while(|(_, load)| {
            let is_wanted = excess > 0 && load.bytes <= room && load.bytes < load.size / 2;
            excess = excess.saturating_sub(load.size - load.bytes.min(load.size));
            room = room.saturating_sub(load.bytes);
            is_wanted
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(of: &[(u64, u64)]) -> Vec<(SegmentId, Load)> {
        let load = |(bytes, size): &(u64, u64)| Load { messages: 1, bytes: *bytes, size: *size };
        (1..).map(SegmentId::Journal).zip(of.iter().map(load)).collect()
    }

    fn chosen(of: &[(u64, u64)]) -> Vec<u64> {
        choose(loads(of), 100).iter().map(|(id, _)| id.to_number()).collect()
    }

    #[test]
    fn a_few_empty_segments_are_let_be() {
        assert!(chosen(&[(1, 100), (1, 100)]).is_empty());
    }

    #[test]
    fn the_emptiest_go_first_until_the_rest_is_not_worth_it() {
        assert_eq!(chosen(&[(20, 200), (100, 100), (1, 100), (10, 100), (0, 100)]), [5, 3]);
    }

    #[test]
    fn no_more_moves_than_fits_into_a_segment() {
        assert_eq!(chosen(&[(40, 100); 20]), [1, 2]);
    }

    #[test]
    fn full_segments_stay() {
        assert!(chosen(&[(90, 100); 50]).is_empty());
    }
}
