//! Files may not grow: a limit on their size stands for a disk without room.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use store::{Appended, Letter, Mailbox, StoreError};

use futures_util::future::join_all;
use store_embedded::{EmbeddedStore, Options};

use super::support::{
    ALICE, acknowledge, all, child, directory_of_child, letter, numbers, open, with_segments_of,
};

/// In the shell's blocks of 512 bytes: 3 MiB. The two databases of an empty store need 2.5 MiB at most.
const LIMIT: &str = "ulimit -f 6144";
/// The number of the letter that comes when there is room again.
const AGAIN: u64 = 1_000_000;
/// Letters that are put at a time.
const BATCH: u64 = 64;

/// A segment of the journal grows beyond the limit before it is full.
fn with_large_segments() -> Options {
    with_segments_of(8 << 20)
}

/// The archive reaches the limit, and soon after that memory its own.
fn with_small_segments() -> Options {
    Options { generation_entries: 2_000, ..with_segments_of(1 << 20) }
}

#[tokio::test]
async fn a_journal_that_cannot_grow_refuses_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let said = run("full_disk::a_child_whose_journal_may_not_grow", dir.path());
    let found = check(&said, dir.path()).await;
    assert!(found.contains(&AGAIN), "a new segment has room");
}

#[tokio::test]
async fn an_archive_that_cannot_grow_refuses_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let said = run("full_disk::a_child_whose_archive_may_not_grow", dir.path());
    check(&said, dir.path()).await;
    let store = open(dir.path(), with_small_segments());
    assert!(matches!(put_once(&store, AGAIN).await, Ok(Appended::Stored { .. })), "there is room");
}

fn run(name: &str, dir: &Path) -> String {
    let output = child(name, dir, LIMIT).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "the child failed: {said}");
    said
}

/// Compares what the child said to what is there, which is returned.
async fn check(said: &str, dir: &Path) -> BTreeSet<u64> {
    let told = |word: &str| -> BTreeSet<u64> {
        said.lines()
            .filter_map(|line| line.rsplit(' ').next()?.strip_prefix(word)?.parse().ok())
            .collect()
    };
    let (kept, refused, gone) = (told("kept="), told("refused="), told("gone="));
    assert!(kept.len() > 100 && !refused.is_empty() && !gone.is_empty(), "{said}");
    let found: BTreeSet<_> = numbers(&open(dir, with_small_segments())).await.into_iter().collect();
    assert!(
        kept.difference(&gone).all(|number| found.contains(number)),
        "something confirmed was lost"
    );
    assert!(refused.is_disjoint(&found), "something refused was kept");
    found
}

#[tokio::test]
#[ignore = "runs as a child of another test"]
async fn a_child_whose_journal_may_not_grow() {
    let Some(dir) = directory_of_child() else { return };
    let store = open(&dir, with_large_segments());
    fill_and_empty(&store).await;
    accepts_again(&store).await;
}

#[tokio::test]
#[ignore = "runs as a child of another test"]
async fn a_child_whose_archive_may_not_grow() {
    let Some(dir) = directory_of_child() else { return };
    fill_and_empty(&open(&dir, with_small_segments())).await;
}

/// Half of the mail is acknowledged when nothing fits any more.
async fn fill_and_empty(store: &EmbeddedStore) {
    let mut number = 0;
    let mut refusals = 0;
    while refusals == 0 {
        let answers =
            join_all((number..number + BATCH).map(|number| put_once(store, number))).await;
        for (number, answer) in (number..).zip(answers) {
            match answer {
                Ok(Appended::Stored { .. }) => println!("kept={number}"),
                Err(StoreError::Full(_)) => {
                    println!("refused={number}");
                    refusals += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        number += BATCH;
        assert!(number < 100_000, "the disk never filled");
    }
    let mail = all(store).await;
    let half = &mail[..mail.len() / 2];
    half.iter().for_each(|mail| println!("gone={}", super::support::number_of(&mail.envelope)));
    let ids: Vec<_> = half.iter().map(|mail| mail.position).collect();
    assert_eq!(acknowledge(store, &ids).await, ids.len());
}

/// A letter that is not remembered once it has gone: nothing but mail takes up room.
async fn put_once(store: &EmbeddedStore, number: u64) -> store::Result<Appended> {
    let letter = Letter { dedupe_window: Duration::ZERO, ..letter(number) };
    store.append(ALICE, letter).await
}

/// There is room again, as soon as a checkpoint has come by.
async fn accepts_again(store: &EmbeddedStore) {
    let again = async {
        while put_once(store, AGAIN).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again).await.expect("the store accepts again");
    println!("kept={AGAIN}");
}
