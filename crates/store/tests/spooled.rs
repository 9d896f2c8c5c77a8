//! What a spool before an engine promises.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use store::conformance::ManualClock;
use store::memory::MemoryStore;
use store::{
    Appended, Demand, Letter, Mailbox, Quota, RecipientId, Spooled, StoreError, Timestamp,
};

const ALICE: RecipientId = RecipientId([1; 16]);
const BOB: RecipientId = RecipientId([2; 16]);
const NOW: Timestamp = Timestamp(1_000_000);
const ROOM: Quota = Quota { messages: 3, bytes: 10_000 };
const ALL: Demand = Demand { messages: 99, bytes: 99_999, key: None, window: usize::MAX };

struct Bench {
    engine: Arc<MemoryStore>,
    spool: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    spooled: Spooled,
}

impl Bench {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Arc::new(MemoryStore::seeded(clock.clone(), 1));
        let spool = Arc::new(MemoryStore::seeded(clock.clone(), 2));
        let spooled = Spooled::new(engine.clone(), spool.clone(), clock.clone(), ROOM);
        assert_eq!(spooled.unload().await, Ok(0));
        Self { engine, spool, clock, spooled }
    }

    /// The engine does not answer the next call.
    fn engine_goes_away(&self) {
        self.engine.fail_next(1, StoreError::Unavailable("away".to_owned()));
    }

    async fn append(&self, owner: RecipientId, text: &str) -> store::Result<Appended> {
        self.spooled.append(owner, letter(text)).await
    }

    async fn waiting(&self, owner: RecipientId) -> Vec<String> {
        let mail = self.engine.peek(owner, &ALL).await.expect("the engine answers");
        mail.iter().map(|mail| String::from_utf8_lossy(&mail.envelope).into_owned()).collect()
    }
}

fn letter(text: &str) -> Letter {
    let mut dedupe = [0; 16];
    dedupe[..text.len()].copy_from_slice(text.as_bytes());
    Letter {
        envelope: Bytes::copy_from_slice(text.as_bytes()),
        destination: Destination::Key(VerKey::from_bytes([1; 32])),
        dedupe,
        received: NOW,
        expires: NOW + Duration::from_secs(60),
        dedupe_window: Duration::from_secs(60),
        quota: Quota { messages: 9, bytes: 999 },
    }
}

#[tokio::test]
async fn mail_goes_straight_to_an_engine_that_is_there() {
    let bench = Bench::new().await;
    assert!(matches!(bench.append(ALICE, "1").await, Ok(Appended::Stored { .. })));
    assert_eq!(bench.waiting(ALICE).await, ["1"]);
    assert_eq!(bench.spooled.backlog().await.map(|depth| depth.messages), Ok(0));
}

#[tokio::test]
async fn mail_for_an_engine_that_is_away_is_kept_and_moved_in_its_order() {
    let bench = Bench::new().await;
    bench.append(ALICE, "1").await.expect("the engine is there");
    bench.engine_goes_away();
    bench.append(ALICE, "2").await.expect("the spool takes it");
    bench.append(ALICE, "3").await.expect("it queues up behind the other");
    bench.append(BOB, "4").await.expect("nothing of Bob's is in the spool");
    assert_eq!(bench.waiting(ALICE).await, ["1"]);
    assert_eq!(bench.waiting(BOB).await, ["4"]);
    assert_eq!(bench.spooled.unload().await, Ok(2));
    assert_eq!(bench.waiting(ALICE).await, ["1", "2", "3"]);
    bench.append(ALICE, "5").await.expect("the spool is empty");
    assert_eq!(bench.waiting(ALICE).await, ["1", "2", "3", "5"]);
}

#[tokio::test]
async fn an_engine_that_goes_away_again_leaves_the_rest_in_the_spool() {
    let bench = Bench::new().await;
    for text in ["1", "2"] {
        bench.engine_goes_away();
        bench.append(ALICE, text).await.expect("the spool takes it");
        bench.engine.fail_next(0, StoreError::Displaced);
    }
    bench.engine_goes_away();
    assert!(bench.spooled.unload().await.is_err());
    assert_eq!(bench.spooled.backlog().await.map(|depth| depth.messages), Ok(2));
    assert_eq!(bench.spooled.unload().await, Ok(2));
    assert_eq!(bench.waiting(ALICE).await, ["1", "2"]);
}

#[tokio::test]
async fn a_retry_is_kept_once_wherever_it_meets_the_first() {
    let bench = Bench::new().await;
    bench.append(ALICE, "1").await.expect("the engine is there");
    bench.engine_goes_away();
    bench.append(ALICE, "1").await.expect("nobody can know yet");
    assert_eq!(bench.append(ALICE, "1").await, Ok(Appended::Duplicate));
    bench.spooled.unload().await.expect("the engine is back");
    assert_eq!(bench.waiting(ALICE).await, ["1"]);
}

#[tokio::test]
async fn the_same_envelope_for_two_recipients_is_two_letters() {
    let bench = Bench::new().await;
    for owner in [ALICE, BOB] {
        bench.engine_goes_away();
        let kept = bench.append(owner, "1").await;
        assert!(matches!(kept, Ok(Appended::Stored { .. })), "{kept:?}");
    }
    bench.spooled.unload().await.expect("the engine is back");
    assert_eq!(
        (bench.waiting(ALICE).await, bench.waiting(BOB).await),
        (vec!["1".into()], vec!["1".into()])
    );
}

#[tokio::test]
async fn a_full_spool_answers_as_the_engine_did() {
    let bench = Bench::new().await;
    bench.engine_goes_away();
    for text in ["1", "2", "3"] {
        bench.append(ALICE, text).await.expect("there is room");
    }
    assert!(matches!(bench.append(ALICE, "4").await, Err(StoreError::Unavailable(_))));
    assert_eq!(bench.spooled.unload().await, Ok(3));
    bench.append(ALICE, "4").await.expect("the engine takes it");
    assert_eq!(bench.waiting(ALICE).await, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn what_the_spool_has_accepted_is_kept_though_its_mailbox_is_full_by_then() {
    let bench = Bench::new().await;
    bench.engine_goes_away();
    bench.append(ALICE, "spooled").await.expect("the spool takes it");
    for number in 0..9 {
        bench.engine.append(ALICE, letter(&number.to_string())).await.expect("others take it");
    }
    assert_eq!(bench.engine.append(ALICE, letter("full")).await, Ok(Appended::MailboxFull));
    assert_eq!(bench.spooled.unload().await, Ok(1));
    assert_eq!(bench.waiting(ALICE).await.last().map(String::as_str), Some("spooled"));
}

#[tokio::test]
async fn mail_of_an_earlier_process_is_not_overtaken() {
    let bench = Bench::new().await;
    bench.engine_goes_away();
    bench.append(ALICE, "1").await.expect("the spool takes it");
    let Bench { engine, spool, clock, .. } = bench;
    let spooled = Spooled::new(engine.clone(), spool, clock, ROOM);
    spooled.append(ALICE, letter("2")).await.expect("the spool takes it");
    assert_eq!(spooled.unload().await, Ok(2));
    let mail = engine.peek(ALICE, &ALL).await.expect("the engine answers");
    assert_eq!(mail.iter().map(|mail| &mail.envelope[..]).collect::<Vec<_>>(), [b"1", b"2"]);
}

#[tokio::test]
async fn mail_that_expired_in_the_spool_is_not_delivered() {
    let bench = Bench::new().await;
    bench.engine_goes_away();
    bench.append(ALICE, "1").await.expect("the spool takes it");
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(bench.spooled.unload().await, Ok(1));
    assert_eq!(bench.waiting(ALICE).await, [""; 0]);
}
