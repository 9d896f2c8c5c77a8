use std::fs::File;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use didcomm::VerKey;
use store::{Position, RecipientId};
use tempfile::TempDir;

use super::*;
use crate::generation::{Generation, Seen};
use crate::journal::{Appended, Frame, Segment, SegmentFile, SegmentId};

const OWNER: RecipientId = RecipientId([1; 16]);
const WINDOW_END: Timestamp = Timestamp(1_000);
/// The end of the shortest span.
const SPAN_END: Timestamp = Timestamp(60_000);

fn position(sequence: u64) -> Position {
    Position { sequence, incarnation: 7 }
}

struct Fixture {
    archive: Archive,
    segment: Arc<SegmentFile>,
    _dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(&dir.path().join("mail.redb"), 1 << 20).unwrap();
        assert!(archive.prepare().unwrap());
        let segment = Segment::create(dir.path(), SegmentId::Journal(1), File::sync_data).unwrap();
        Self { archive, segment: segment.handle().clone(), _dir: dir }
    }

    /// A generation with one message, remembered until `WINDOW_END`.
    fn generation(&self, sequence: u64) -> Generation {
        self.generation_of(sequence..=sequence)
    }

    /// The same with more messages.
    fn generation_of(&self, sequences: RangeInclusive<u64>) -> Generation {
        let mut generation = Generation::starting_at(*sequences.start());
        generation.segments.push(self.segment.clone());
        sequences.for_each(|sequence| self.keep(&mut generation, sequence));
        generation
    }

    fn keep(&self, generation: &mut Generation, sequence: u64) {
        let appended = Appended {
            owner: OWNER,
            position: position(sequence),
            received: Timestamp(10),
            expires: Timestamp(5_000),
            remembered: WINDOW_END,
            dedupe: [sequence as u8; 16],
            destination: VerKey::from_bytes([1; 32]).into(),
            frame: Frame::new(8 + sequence * 200, 33, 8),
        };
        generation.keep(appended, &self.segment, 0);
    }

    fn remove(&self, sequences: impl Iterator<Item = u64>) {
        let mut generation = Generation::starting_at(1_000);
        sequences.for_each(|sequence| assert!(generation.gone.insert(OWNER, position(sequence))));
        generation.touched.insert(OWNER);
        self.absorb(&generation, Timestamp(20));
    }

    /// The sequences in the archive.
    fn sequences(&self) -> Vec<u64> {
        let mut sequences = Vec::new();
        let visit = |place: Place<'_>| {
            sequences.push(place.position.sequence);
            true
        };
        self.archive
            .snapshot()
            .unwrap()
            .visit(OWNER, position(0)..=position(9_999), visit)
            .unwrap();
        sequences
    }

    fn loads(&self) -> Vec<(SegmentId, Load)> {
        self.archive.snapshot().unwrap().loads().unwrap()
    }

    fn absorb(&self, generation: &Generation, now: Timestamp) {
        let survey = Survey { gone: Default::default(), next_sequence: 100, now };
        self.archive.absorb(generation, &survey).unwrap();
    }

    fn totals(&self) -> Totals {
        self.archive.snapshot().unwrap().totals(OWNER).unwrap()
    }

    fn remembered(&self, sequence: u64) -> Option<Timestamp> {
        self.archive.snapshot().unwrap().remembered(OWNER, [sequence as u8; 16]).unwrap()
    }
}

#[test]
fn a_generation_that_is_absorbed_twice_counts_once() {
    let f = Fixture::new();
    f.absorb(&f.generation(1), Timestamp(20));
    f.absorb(&f.generation(1), Timestamp(20));
    assert_eq!(f.totals(), Totals { messages: 1, bytes: 8 });
}

#[test]
fn what_has_gone_leaves_no_row_behind() {
    let f = Fixture::new();
    f.absorb(&f.generation(1), Timestamp(20));
    let mut next = Generation::starting_at(2);
    next.note_gone(OWNER, position(1));
    f.absorb(&next, Timestamp(20));
    let snapshot = f.archive.snapshot().unwrap();
    assert_eq!(f.totals(), Totals::default());
    assert_eq!(snapshot.expired(Timestamp(9_000), 10, |_, _| true), Ok(Vec::new()));
    assert_eq!((f.sequences(), f.loads()), (Vec::new(), Vec::new()));
}

#[test]
fn a_long_mailbox_is_read_across_its_sheets_and_from_within_one() {
    let f = Fixture::new();
    f.absorb(&f.generation_of(1..=200), Timestamp(20));
    assert_eq!(f.sequences(), (1..=200).collect::<Vec<_>>());
    let snapshot = f.archive.snapshot().unwrap();
    let mut found = Vec::new();
    let visit = |place: Place<'_>| {
        found.push(place.position.sequence);
        found.len() < 3
    };
    snapshot.visit(OWNER, position(100)..=position(9_999), visit).unwrap();
    assert_eq!(found, [100, 101, 102]);
    let newest = snapshot.newest(OWNER, position(9_999), |position| position.sequence < 70);
    assert_eq!(newest, Ok(Some(Timestamp(10))));
}

#[test]
fn lengths_are_found_of_what_is_there_only() {
    let f = Fixture::new();
    f.absorb(&f.generation_of(10..=200), Timestamp(20));
    f.remove(60..=90);
    let wanted: Vec<_> = [1, 10, 59, 60, 75, 90, 91, 200, 201].map(position).into();
    let found = f.archive.snapshot().unwrap().lengths(OWNER, &wanted).unwrap();
    let found: Vec<_> = found.iter().map(|(found, length)| (found.sequence, *length)).collect();
    assert_eq!(found, [10, 59, 91, 200].map(|sequence| (sequence, 8)));
}

#[test]
fn removing_some_leaves_the_others_and_counts_them() {
    let f = Fixture::new();
    f.absorb(&f.generation_of(1..=200), Timestamp(20));
    f.remove((1..=200).filter(|sequence| sequence % 3 != 0));
    assert_eq!(f.sequences(), (1..=66).map(|third| third * 3).collect::<Vec<_>>());
    assert_eq!(f.totals(), Totals { messages: 66, bytes: 66 * 8 });
    let [(SegmentId::Journal(1), load)] = f.loads()[..] else { panic!("{:?}", f.loads()) };
    assert_eq!((load.messages, load.bytes % 66), (66, 0));
    f.remove(1..=200);
    assert_eq!((f.totals(), f.loads()), (Totals::default(), Vec::new()));
}

#[test]
fn a_repeated_absorption_forgets_what_has_gone_since_the_first() {
    let f = Fixture::new();
    let generation = f.generation_of(1..=100);
    f.absorb(&generation, Timestamp(20));
    let gone = (1..=70).map(|sequence| (OWNER, position(sequence))).collect();
    let survey = Survey { gone, next_sequence: 1_000, now: Timestamp(20) };
    f.archive.absorb(&generation, &survey).unwrap();
    assert_eq!(f.sequences(), (71..=100).collect::<Vec<_>>());
    assert_eq!(f.totals().messages, 30);
}

#[test]
fn what_has_moved_is_found_in_its_new_segment_under_its_old_place() {
    let f = Fixture::new();
    f.absorb(&f.generation_of(1..=100), Timestamp(20));
    let written = (1..=100).map(|sequence| (OWNER, position(sequence))).collect();
    let snapshot = f.archive.snapshot().unwrap();
    let sheets = snapshot.sheets_in(SegmentId::Journal(1), &written).unwrap();
    assert_eq!(sheets.len(), 2);
    let offsets: Vec<u64> = (0..64).collect();
    let target = SegmentId::Moved(1);
    let moved: Vec<Filed> = sheets
        .into_iter()
        .map(|(owner, key, sheet)| (owner, key, sheet.moved_to(target, &offsets)))
        .collect();
    f.archive.relocate(&moved, target, 5_000).unwrap();
    assert_eq!(f.sequences(), (1..=100).collect::<Vec<_>>());
    assert_eq!(f.totals().messages, 100);
    let [(SegmentId::Moved(1), load)] = f.loads()[..] else { panic!("{:?}", f.loads()) };
    assert_eq!((load.messages, load.size), (100, 5_000));
}

#[test]
fn only_what_has_expired_is_listed() {
    let f = Fixture::new();
    f.absorb(&f.generation_of(1..=100), Timestamp(20));
    let snapshot = f.archive.snapshot().unwrap();
    let expired = |now, limit| snapshot.expired(Timestamp(now), limit, |_, _| true).unwrap().len();
    assert_eq!((expired(4_999, 500), expired(5_000, 500), expired(5_000, 70)), (0, 100, 70));
    let even = |_, position: Position| position.sequence.is_multiple_of(2);
    assert_eq!(snapshot.expired(Timestamp(5_000), 500, even).unwrap().len(), 50);
}

#[test]
fn a_span_is_forgotten_by_the_first_checkpoint_after_its_end() {
    let f = Fixture::new();
    f.absorb(&f.generation(1), Timestamp(20));
    f.absorb(&Generation::starting_at(2), Timestamp(SPAN_END.0 - 1));
    assert_eq!(f.remembered(1), Some(WINDOW_END));
    assert!(!f.archive.has_forgettable(Timestamp(SPAN_END.0 - 1)));
    assert!(f.archive.has_forgettable(SPAN_END));
    f.absorb(&Generation::starting_at(2), SPAN_END);
    assert_eq!(f.remembered(1), None);
    assert!(!f.archive.has_forgettable(SPAN_END));
}

#[test]
fn an_envelope_that_came_again_is_remembered_for_its_new_window() {
    let f = Fixture::new();
    f.absorb(&f.generation(1), Timestamp(20));
    let mut again = Generation::starting_at(2);
    let until = Timestamp(SPAN_END.0 + 5);
    again.remembered.insert((OWNER, [1; 16]), Seen { until, window: Duration::from_secs(1) });
    f.absorb(&again, Timestamp(2_000));
    assert_eq!(f.remembered(1), Some(until));
    f.absorb(&Generation::starting_at(2), SPAN_END);
    assert_eq!(f.remembered(1), Some(until));
}

#[test]
fn what_is_remembered_is_found_after_a_restart() {
    let f = Fixture::new();
    f.absorb(&f.generation(1), Timestamp(20));
    let Fixture { archive, _dir, .. } = f;
    drop(archive);
    let archive = Archive::open(&_dir.path().join("mail.redb"), 1 << 20).unwrap();
    assert!(archive.prepare().unwrap());
    let found = archive.snapshot().unwrap().remembered(OWNER, [1; 16]);
    assert_eq!(found, Ok(Some(WINDOW_END)));
}
