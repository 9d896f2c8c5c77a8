//! The process is killed while it writes.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;

use futures_util::future::join_all;
use store::Appended;

use super::support::{
    acknowledge, all, child, directory_of_child, number_of, numbers, open, put, with_segments_of,
};

const SEGMENT: u64 = 200_000;

/// What a child said before it died.
#[derive(Default)]
struct Said {
    kept: BTreeSet<u64>,
    gone: BTreeSet<u64>,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_confirmed_before_a_kill_is_there_in_order_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut said = Said::default();
    for round in 1..=5 {
        run_and_kill(dir.path(), round * 150, &mut said);
        let store = open(dir.path(), with_segments_of(SEGMENT));
        let found = numbers(&store).await;
        assert!(found.is_sorted(), "round {round}: the order was lost");
        let found: BTreeSet<_> = found.into_iter().collect();
        let lost: Vec<_> = said
            .kept
            .iter()
            .filter(|number| !said.gone.contains(number) && !found.contains(number))
            .collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        let depth = store::Mailbox::depth(&*store, super::support::ALICE, None).await.unwrap();
        assert_eq!(depth.messages, found.len() as u64, "round {round}: the count is wrong");
    }
    assert!(said.gone.len() > 100, "the children never came to acknowledge");
}

/// Lets a child write until it has said so many lines. What it says until it is dead counts too.
fn run_and_kill(dir: &Path, lines: usize, said: &mut Said) {
    let name = "crash::a_child_that_writes_until_it_is_killed";
    let mut child = child(name, dir, ":").spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    for (count, line) in output.lines().map_while(Result::ok).enumerate() {
        if count == lines {
            child.kill().unwrap();
        }
        // The last line may be cut short.
        match line.rsplit(' ').next().and_then(|word| word.strip_suffix('.')?.split_once('=')) {
            Some(("kept", number)) => said.kept.insert(number.parse().unwrap()),
            Some(("gone", number)) => said.gone.insert(number.parse().unwrap()),
            _ => continue,
        };
    }
    child.wait().unwrap();
}

#[tokio::test]
#[ignore = "runs as a child of another test"]
async fn a_child_that_writes_until_it_is_killed() {
    let Some(dir) = directory_of_child() else { return };
    let store = open(&dir, with_segments_of(SEGMENT));
    let mut next = numbers(&store).await.last().map_or(0, |last| last + 1_000);
    loop {
        // Eight at a time share a commit.
        for (answer, number) in join_all((next..next + 8).map(|number| put(&store, number)))
            .await
            .into_iter()
            .zip(next..)
        {
            assert!(matches!(answer, Ok(Appended::Stored { .. })), "{answer:?}");
            println!("kept={number}.");
        }
        next += 8;
        if next % 5 == 0 {
            let mail = all(&store).await.into_iter();
            // What stays is strewn over all segments, so that it moves.
            let oldest: Vec<_> = mail
                .filter(|mail| !number_of(&mail.envelope).is_multiple_of(10))
                .take(20)
                .collect();
            // Said before it is asked for: it may reach the disk although the answer never came.
            oldest.iter().for_each(|mail| println!("gone={}.", number_of(&mail.envelope)));
            let ids: Vec<_> = oldest.iter().map(|mail| mail.position).collect();
            assert_eq!(acknowledge(&store, &ids).await, ids.len());
        }
    }
}
