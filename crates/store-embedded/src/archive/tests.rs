use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use didcomm::VerKey;
use tempfile::TempDir;

use super::*;
use crate::generation::{Generation, Seen};
use crate::journal::Appended;

const OWNER: RecipientId = RecipientId([1; 16]);
const WINDOW_END: Timestamp = Timestamp(1_000);
/// The end of the shortest span.
const SPAN_END: Timestamp = Timestamp(60_000);

struct Fixture {
    archive: Archive,
    journal: Arc<File>,
    _dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(&dir.path().join("mail.redb"), 1 << 20).unwrap();
        archive.progress().unwrap();
        let path = dir.path().join("journal");
        let journal = File::options().read(true).write(true).create_new(true).open(path).unwrap();
        journal.write_all_at(b"envelope", 0).unwrap();
        Self { archive, journal: Arc::new(journal), _dir: dir }
    }

    /// A generation with one message, remembered until `WINDOW_END`.
    fn generation(&self, sequence: u64) -> Generation {
        let mut generation = Generation::starting_at(sequence);
        let appended = Appended {
            owner: OWNER,
            position: Position { sequence, incarnation: 7 },
            received: Timestamp(10),
            expires: Timestamp(5_000),
            remembered: WINDOW_END,
            dedupe: [sequence as u8; 16],
            destination: VerKey::from_bytes([1; 32]).into(),
            envelope: 0..8,
        };
        generation.keep(appended, &self.journal, 0);
        generation
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
    next.note_gone(OWNER, Position { sequence: 1, incarnation: 7 });
    f.absorb(&next, Timestamp(20));
    let snapshot = f.archive.snapshot().unwrap();
    assert_eq!(f.totals(), Totals::default());
    assert_eq!(snapshot.expired(Timestamp(9_000), 10, |_, _| true), Ok(Vec::new()));
    assert!(snapshot.envelopes(&[Position { sequence: 1, incarnation: 7 }]).is_err());
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
    archive.progress().unwrap();
    let found = archive.snapshot().unwrap().remembered(OWNER, [1; 16]);
    assert_eq!(found, Ok(Some(WINDOW_END)));
}
