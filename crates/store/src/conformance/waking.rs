//! What the bell of [`Mailbox::watch`](crate::Mailbox::watch) tells.

use super::Fixture;
use super::fixture::{ALICE, BOB, ids, quiet};
use crate::{Appended, Notice};

pub async fn an_append_rings_the_reader_wherever_it_is(f: Fixture) {
    let mut session = f.distant_session(ALICE).await;
    f.put(ALICE, "1").await;
    assert_eq!(session.hears().await, Notice::Mail);
    session.settle().await;
    f.put(ALICE, "2").await;
    assert_eq!(session.hears().await, Notice::Mail);
}

pub async fn an_append_knows_that_somebody_watches(f: Fixture) {
    let _session = f.session(ALICE).await;
    let appended = f.append(ALICE, f.letter("1")).await;
    assert!(matches!(appended, Appended::Stored { watched: true, .. }), "{appended:?}");
}

pub async fn rings_that_nobody_heard_are_kept_as_one(f: Fixture) {
    let mut session = f.session(ALICE).await;
    f.put_all(ALICE, &["1", "2", "3", "4"]).await;
    quiet().await;
    assert_eq!(session.hears().await, Notice::Mail);
    session.hears_nothing().await;
}

pub async fn mail_of_others_does_not_ring(f: Fixture) {
    let mut session = f.session(ALICE).await;
    f.put(BOB, "1").await;
    session.hears_nothing().await;
}

pub async fn a_newer_watch_tells_the_former_reader_once_and_for_all(f: Fixture) {
    let mut old = f.session(ALICE).await;
    let mut new = f.distant_session(ALICE).await;
    assert_eq!(old.hears().await, Notice::Displaced);
    f.put(ALICE, "1").await;
    assert_eq!(new.hears().await, Notice::Mail);
    assert_ne!(old.watch.try_next(), Some(Notice::Mail));
}

pub async fn a_session_that_is_dropped_frees_its_mailbox(f: Fixture) {
    f.put(ALICE, "1").await;
    let old = f.session(ALICE).await;
    f.lease(ALICE, old.holder, 1).await;
    drop(old);
    let mut new = f.session(ALICE).await;
    assert_eq!(f.lease(ALICE, new.holder, 9).await.len(), 1);
    f.put(ALICE, "2").await;
    assert_eq!(new.hears().await, Notice::Mail);
}

pub async fn a_reader_that_watches_and_then_looks_misses_nothing(f: Fixture) {
    let letters: Vec<_> = (0..100).map(|number| f.letter(&number.to_string())).collect();
    let writer = f.other.mailbox.clone();
    let writing = tokio::spawn(async move {
        for letter in letters {
            writer.append(ALICE, letter).await.expect("append");
            tokio::task::yield_now().await;
        }
    });
    let mut session = f.session(ALICE).await;
    let mut seen = Vec::new();
    loop {
        seen.extend(ids(&f.lease(ALICE, session.holder, 7).await));
        if seen.len() == 100 {
            break;
        }
        // A full page may have more behind it; only an empty look is a reason to wait.
        if f.depth(ALICE).await.messages == 0 {
            session.hears().await;
        }
    }
    writing.await.expect("the writer");
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

/// A position that is given early may become visible late: who has read on by then would never look back.
pub async fn a_reader_passes_over_no_mail_of_many_who_write_at_once(f: Fixture) {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    let writers = (0..WRITERS).map(|writer| {
        let letters: Vec<_> = (0..EACH).map(|each| f.letter(&format!("{writer} {each}"))).collect();
        let mailbox = if writer % 2 == 0 { &f.stores.mailbox } else { &f.other.mailbox }.clone();
        tokio::spawn(async move {
            for letter in letters {
                mailbox.append(ALICE, letter).await.expect("append");
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut session = f.session(ALICE).await;
    let mut seen = Vec::new();
    while seen.len() < WRITERS * EACH {
        let leased = ids(&f.lease(ALICE, session.holder, 5).await);
        if leased.is_empty() && f.depth(ALICE).await.messages == 0 {
            session.hears().await;
        }
        f.acknowledge(ALICE, &leased).await;
        seen.extend(leased);
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    for writer in writers {
        writer.await.expect("a writer");
    }
}
