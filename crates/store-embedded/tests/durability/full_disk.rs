//! Files may not grow: a limit on their size stands for a disk without room.

use std::collections::BTreeSet;
use std::time::Duration;

use store::{Appended, Letter, Mailbox, StoreError};

use futures_util::future::join_all;
use store_embedded::{EmbeddedStore, Options};

use super::support::{
    ALICE, acknowledge, all, child, directory_of_child, letter, numbers, open, with_segments_of,
};

/// In the shell's blocks of 512 bytes: 3 MiB. The two databases of an empty store need 2.5 MiB at most.
const LIMIT: &str = "ulimit -f 6144";
/// Letters that are put at a time.
const BATCH: u64 = 64;

/// Small generations: memory is full soon after the archive.
fn options() -> Options {
    Options { generation_entries: 2_000, ..with_segments_of(1 << 20) }
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let output =
        child("full_disk::a_child_whose_files_may_not_grow", dir.path(), LIMIT).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "the child failed: {said}");
    let told = |word: &str| -> BTreeSet<u64> {
        said.lines()
            .filter_map(|line| line.rsplit(' ').next()?.strip_prefix(word)?.parse().ok())
            .collect()
    };
    let (kept, refused, gone) = (told("kept="), told("refused="), told("gone="));
    assert!(kept.len() > 100 && !refused.is_empty() && !gone.is_empty(), "{said}");
    let found: BTreeSet<_> = numbers(&open(dir.path(), options())).await.into_iter().collect();
    assert!(
        kept.difference(&gone).all(|number| found.contains(number)),
        "something confirmed was lost"
    );
    assert!(refused.is_disjoint(&found), "something refused was kept");
}

#[tokio::test]
#[ignore = "runs as a child of another test"]
async fn a_child_whose_files_may_not_grow() {
    let Some(dir) = directory_of_child() else { return };
    let store = open(&dir, options());
    let mut number = 0;
    let mut refusals = 0;
    while refusals == 0 {
        let answers =
            join_all((number..number + BATCH).map(|number| put_once(&store, number))).await;
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
    let mail = all(&store).await;
    mail.iter().for_each(|mail| println!("gone={}", super::support::number_of(&mail.envelope)));
    let ids: Vec<_> = mail.iter().map(|mail| mail.position).collect();
    assert_eq!(acknowledge(&store, &ids).await, ids.len());
    accepts_again(&store).await;
}

/// A letter that is not remembered once it has gone: nothing but mail takes up room.
async fn put_once(store: &EmbeddedStore, number: u64) -> store::Result<Appended> {
    let letter = Letter { dedupe_window: Duration::ZERO, ..letter(number) };
    store.append(ALICE, letter).await
}

/// With the mail gone there is room, as soon as a checkpoint has come by.
async fn accepts_again(store: &EmbeddedStore) {
    let number = 1_000_000;
    let again = async {
        while put_once(store, number).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again).await.expect("the store accepts again");
    println!("kept={number}");
}
