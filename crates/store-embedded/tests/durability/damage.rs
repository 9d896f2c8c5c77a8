//! A disk that does not give back what was written to it, and directories that are not ours.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, TableDefinition};
use store::conformance::ManualClock;
use store::{Demand, Mailbox, StoreError};
use store_embedded::{EmbeddedStore, OpenError, Options};
use tempfile::TempDir;

use super::support::{ALICE, NOW, acknowledge, all, numbers, open, put};

/// A checkpoint after every commit: each message is archived and has a segment of its own.
fn options() -> Options {
    Options {
        segment_bytes: 1,
        generation_entries: 1,
        envelope_cache_bytes: 0,
        ..Options::default()
    }
}

async fn three_archived_letters() -> (TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), options());
    for number in 1..=3 {
        put(&store, number).await.unwrap();
    }
    drop(store);
    // What the last commit left to do is done on the way.
    drop(open(dir.path(), options()));
    let segments = std::fs::read_dir(dir.path().join("journal")).unwrap();
    let mut segments: Vec<_> = segments.map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    (dir, segments)
}

async fn reading(store: &EmbeddedStore) -> Result<usize, StoreError> {
    store.peek(ALICE, &Demand::of(10, usize::MAX)).await.map(|mail| mail.len())
}

fn name(path: &Path) -> String {
    format!("journal/{}", path.file_name().unwrap().display())
}

#[tokio::test]
async fn a_changed_byte_in_old_mail_is_noticed_and_its_place_named() {
    let (dir, segments) = three_archived_letters().await;
    let file = OpenOptions::new().write(true).open(&segments[0]).unwrap();
    file.write_all_at(b"y", 1_000).unwrap();
    let store = open(dir.path(), options());
    let expected = StoreError::Damaged(format!("{} at byte 8", name(&segments[0])));
    assert_eq!(reading(&store).await, Err(expected));
}

#[tokio::test]
async fn old_mail_that_was_cut_off_is_noticed_and_its_place_named() {
    let (dir, segments) = three_archived_letters().await;
    OpenOptions::new().write(true).open(&segments[1]).unwrap().set_len(500).unwrap();
    let store = open(dir.path(), options());
    let expected = StoreError::Damaged(format!("{} at byte 8", name(&segments[1])));
    assert_eq!(reading(&store).await, Err(expected));
}

#[tokio::test]
async fn a_missing_segment_is_named_and_costs_other_mail_nothing() {
    let (dir, segments) = three_archived_letters().await;
    let ids: Vec<_> =
        all(&open(dir.path(), options())).await.iter().map(|mail| mail.position).collect();
    std::fs::remove_file(&segments[0]).unwrap();
    let store = open(dir.path(), options());
    let expected = StoreError::Damaged(format!("{} is missing", name(&segments[0])));
    assert_eq!(reading(&store).await, Err(expected));
    assert_eq!(acknowledge(&store, &ids[..1]).await, 1);
    assert_eq!(numbers(&store).await, [2, 3]);
}

#[test]
fn a_directory_of_another_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let database = Database::create(dir.path().join("mail.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let meta: TableDefinition<&str, u64> = TableDefinition::new("meta");
    transaction.open_table(meta).unwrap().insert("next sequence", 7).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let clock = Arc::new(ManualClock::at(NOW));
    let error = EmbeddedStore::open(dir.path(), options(), clock).err().expect("refused");
    assert!(matches!(&error, OpenError::Format(path) if path == dir.path()));
    assert!(error.to_string().contains("another version of the mediator"), "{error}");
}
