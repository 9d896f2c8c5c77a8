//! What the switches of the store in memory do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use store::conformance::ManualClock;
use store::memory::MemoryStore;
use store::{
    Appended, Claimant, Demand, Epoch, Holder, Letter, Mailbox, Manner, Position, Presence, Quota,
    RecipientId, Role, StoreError, Timestamp,
};

const ALICE: RecipientId = RecipientId([1; 16]);
const NOW: Timestamp = Timestamp(1_000_000);

fn letter(number: u8) -> Letter {
    Letter {
        envelope: Bytes::copy_from_slice(&[number]),
        destination: Destination::Key(VerKey::from_bytes([1; 32])),
        dedupe: [number; 16],
        received: NOW,
        expires: Timestamp::NEVER,
        dedupe_window: Duration::from_secs(60),
        quota: Quota { messages: 9, bytes: 99 },
    }
}

fn seeded(seed: u64) -> MemoryStore {
    MemoryStore::seeded(Arc::new(ManualClock::at(NOW)), seed)
}

fn claimant() -> Claimant {
    Claimant { instance: "here".to_owned(), role: Role::Session }
}

async fn put(store: &MemoryStore, number: u8) -> Position {
    match store.append(ALICE, letter(number)).await {
        Ok(Appended::Stored { position, .. }) => position,
        other => panic!("expected a place, got {other:?}"),
    }
}

async fn waiting(store: &MemoryStore) -> Vec<Position> {
    let mail = store.peek(ALICE, &Demand::of(9, 99)).await.expect("the store answers");
    mail.iter().map(|mail| mail.position).collect()
}

#[tokio::test]
async fn a_lost_wake_is_no_lost_mail() {
    let store = seeded(1);
    let mut watch = store.watch(ALICE, Epoch(1), Manner::ALONE).await.expect("the store answers");
    store.lose_wakes(true);
    let first = put(&store, 1).await;
    assert_eq!(watch.try_next(), None);
    let holder = Holder::Session(Epoch(1));
    let leased = store
        .lease(ALICE, holder, Timestamp::NEVER, &Demand::of(9, 99))
        .await
        .expect("the store answers");
    assert_eq!(leased[0].position, first);
    store.lose_wakes(false);
    put(&store, 2).await;
    assert!(watch.try_next().is_some());
}

#[tokio::test]
async fn as_many_operations_fail_as_were_asked_for_and_do_nothing() {
    let store = seeded(1);
    let away = StoreError::Unavailable("away".into());
    store.fail_next(2, away.clone());
    assert_eq!(store.append(ALICE, letter(1)).await, Err(away.clone()));
    assert_eq!(store.claim(ALICE, &claimant()).await, Err(away));
    assert_eq!(waiting(&store).await, []);
}

#[tokio::test]
async fn a_restart_ends_what_was_in_flight_and_every_session() {
    let store = seeded(1);
    let _watch = store.watch(ALICE, Epoch(1), Manner::ALONE).await.expect("the store answers");
    let first = put(&store, 1).await;
    let everything = Demand::of(9, 99);
    store
        .lease(ALICE, Holder::Request(1), Timestamp::NEVER, &everything)
        .await
        .expect("the store answers");
    store.restart();
    assert_eq!(waiting(&store).await, [first]);
    let late = store.lease(ALICE, Holder::Session(Epoch(1)), Timestamp::NEVER, &everything).await;
    assert_eq!(late, Err(StoreError::Displaced));
}

#[tokio::test]
async fn a_lost_tail_is_counted_again_but_under_other_ids() {
    let store = seeded(1);
    let (kept, lost) = (put(&store, 1).await, put(&store, 2).await);
    store.lose_tail(1);
    assert_eq!(waiting(&store).await, [kept]);
    let retried = put(&store, 2).await;
    assert_eq!(retried.sequence, lost.sequence);
    assert_ne!(retried, lost);
    assert_eq!(store.acknowledge(ALICE, &[lost], None).await, Ok(0));
    assert_eq!(waiting(&store).await, [kept, retried]);
}

#[tokio::test]
async fn a_seed_gives_the_same_ids_again_and_another_seed_others() {
    let run = async |seed| {
        let store = seeded(seed);
        let before = put(&store, 1).await;
        store.restart();
        let epoch = store.claim(ALICE, &claimant()).await.expect("the store answers");
        (before, put(&store, 2).await, epoch)
    };
    assert_eq!(run(7).await, run(7).await);
    assert_ne!(run(7).await.0, run(8).await.0);
}
