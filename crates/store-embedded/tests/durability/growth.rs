//! What went out takes up no room for long.

use std::path::Path;
use std::sync::{Arc, Weak};

use futures_util::future::join_all;
use store_embedded::EmbeddedStore;

use super::support::{acknowledge, all, number_of, numbers, open, put, with_segments_of};

const BACKLOG: u64 = 200;
const ROUNDS: u64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_stops_growing_when_the_backlog_does() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), with_segments_of(100_000));
    let mut sizes = Vec::new();
    for round in 0..ROUNDS {
        join_all((round * BACKLOG..(round + 1) * BACKLOG).map(|number| put(&store, number))).await;
        let ids: Vec<_> = all(&store)
            .await
            .iter()
            .rev()
            .skip(BACKLOG as usize)
            .map(|mail| mail.position)
            .collect();
        acknowledge(&store, &ids).await;
        sizes.push(size(dir.path()));
    }
    let (early, late) = (sizes[ROUNDS as usize / 4], sizes[ROUNDS as usize - 1]);
    assert!(late <= early * 2, "{early} bytes after a quarter, {late} at the end: {sizes:?}");
}

/// One in so many stays.
const STAYS: u64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn a_little_old_mail_in_every_segment_does_not_keep_the_segments() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), with_segments_of(100_000));
    let reader = tokio::spawn(read_until_dropped(Arc::downgrade(&store)));
    for round in 0..ROUNDS {
        let numbers = round * BACKLOG..(round + 1) * BACKLOG;
        join_all(numbers.map(|number| put(&store, number))).await;
        let mail = all(&store).await.into_iter();
        let goes = mail.filter(|mail| !number_of(&mail.envelope).is_multiple_of(STAYS));
        let ids: Vec<_> = goes.map(|mail| mail.position).collect();
        assert_eq!(acknowledge(&store, &ids).await as u64, BACKLOG - BACKLOG / STAYS);
    }
    let expected: Vec<_> = (0..ROUNDS * BACKLOG / STAYS).map(|stays| stays * STAYS).collect();
    assert_eq!(numbers(&store).await, expected);
    drop(store);
    reader.await.unwrap();
    let journal = size(&dir.path().join("journal"));
    // 320 KB live. Twice that, and a few commits of a whole round (400 KB) that are not archived yet or not worth moving; without moving,
    // all 16 MB that came would be there.
    assert!(journal < 4_000_000, "{journal} bytes");
    let store = open(dir.path(), with_segments_of(100_000));
    assert_eq!(numbers(&store).await, expected);
}

/// Sees to it that no reader is surprised by mail that moves.
async fn read_until_dropped(store: Weak<EmbeddedStore>) {
    while let Some(store) = store.upgrade() {
        all(&store).await;
    }
}

fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                size(&entry.path())
            } else {
                entry.metadata().map_or(0, |data| data.len())
            }
        })
        .sum()
}
