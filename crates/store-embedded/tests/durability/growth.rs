//! What went out takes up no room for long.

use std::path::Path;

use futures_util::future::join_all;

use super::support::{acknowledge, all, open, put, with_segments_of};

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
