//! The end of the journal is missing or makes no sense.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use store::Appended;

use super::support::{all, numbers, open, put};
use store_embedded::Options;

async fn three_letters(dir: &Path) {
    let store = open(dir, Options::default());
    for number in 1..=3 {
        put(&store, number).await.unwrap();
    }
}

fn segment(dir: &Path) -> PathBuf {
    let segments =
        std::fs::read_dir(dir.join("journal")).unwrap().map(|entry| entry.unwrap().path());
    segments.max().expect("a segment")
}

#[tokio::test]
async fn a_torn_tail_costs_only_what_was_torn() {
    let dir = tempfile::tempdir().unwrap();
    three_letters(dir.path()).await;
    let file = OpenOptions::new().write(true).open(segment(dir.path())).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    let store = open(dir.path(), Options::default());
    assert_eq!(numbers(&store).await, [1, 2]);
    assert!(
        matches!(put(&store, 3).await, Ok(Appended::Stored { .. })),
        "what was torn may come again"
    );
    drop(store);
    assert_eq!(numbers(&open(dir.path(), Options::default())).await, [1, 2, 3]);
}

#[tokio::test]
async fn junk_behind_the_last_write_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    three_letters(dir.path()).await;
    OpenOptions::new()
        .append(true)
        .open(segment(dir.path()))
        .unwrap()
        .write_all(&[0xff; 100])
        .unwrap();
    let store = open(dir.path(), Options::default());
    assert_eq!(numbers(&store).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_segment_without_a_head_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    three_letters(dir.path()).await;
    std::fs::write(dir.path().join("journal/00000000000000ff.journal"), b"rest").unwrap();
    let store = open(dir.path(), Options::default());
    put(&store, 4).await.unwrap();
    drop(store);
    assert_eq!(numbers(&open(dir.path(), Options::default())).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn ids_stay_the_same_and_new_ones_differ_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    three_letters(dir.path()).await;
    let before = all(&open(dir.path(), Options::default())).await;
    let store = open(dir.path(), Options::default());
    put(&store, 4).await.unwrap();
    let after = all(&store).await;
    assert_eq!(after[..3], before);
    assert!(after[3].position.sequence > before[2].position.sequence);
    assert_ne!(after[3].position.incarnation, before[2].position.incarnation);
}
