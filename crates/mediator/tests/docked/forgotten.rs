//! What the store has forgotten of a socket, or somebody else knows better.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mediator::CloseReason;
use mediator::docked::{BerthId, Outlet, Reach, Unsent};
use store::memory::MemoryStore;
use store::{
    Claimant, Clock, Company, Demand, Letter, Mail, Mailbox, Manner, Presence, Quota, RecipientId,
    Role, Timestamp,
};
use testkit::Words;

use crate::harbour::{A_WHILE, Berth, Harbour, Instance, Order, agent, mail};

/// Under which every part of the sockets is known to the store.
fn shards() -> impl Iterator<Item = RecipientId> {
    (0..64).map(|number| {
        let mut id = *b"?sockets at dock";
        id[0] = number * 4;
        RecipientId(id)
    })
}

const ALONE: Manner = Manner { company: Company::Alone, linger: Duration::ZERO };

/// Takes what the registers say out of them.
async fn forget(store: &MemoryStore) -> Vec<(RecipientId, Mail)> {
    let mut entries = Vec::new();
    for shard in shards() {
        for entry in store.peek(shard, &Demand::of(1_000, 1 << 20)).await.unwrap() {
            store.acknowledge(shard, &[entry.position], None).await.unwrap();
            entries.push((shard, entry));
        }
    }
    entries
}

/// Writes an entry as somebody does who has heard of the socket in the middle.
async fn enter_anew(store: &MemoryStore, shard: RecipientId, entry: &Mail) {
    let mut words: serde_json::Value = serde_json::from_slice(&entry.envelope).unwrap();
    words["mark"] = 7.into();
    let letter = Letter {
        envelope: serde_json::to_vec(&words).unwrap().into(),
        destination: entry.destination.clone(),
        dedupe: [7; 16],
        received: entry.received,
        expires: Timestamp(u64::MAX),
        dedupe_window: Duration::ZERO,
        quota: Quota { messages: 1_000, bytes: 1 << 20 },
    };
    store.append(shard, letter).await.unwrap();
}

/// Somebody else serves all sockets from now on, and shows that he lives for so long.
async fn claim_all(harbour: &Harbour, lives_for: Duration) {
    let another = Claimant { instance: "another".to_owned(), role: Role::Session };
    let until = harbour.clock.now() + lives_for;
    harbour.store.renew(&another.instance, until).await.unwrap();
    for shard in shards() {
        let epoch = harbour.store.claim(shard, &another).await.unwrap();
        drop(harbour.store.watch(shard, epoch, ALONE).await.unwrap());
    }
}

/// A wallet that is live.
async fn live_at(harbour: &Harbour, instance: &Instance) -> Berth {
    let mut berth = harbour.berth(&agent(1));
    berth.join(&[instance]).await;
    berth.turn_live(instance).await;
    berth
}

#[tokio::test(start_paused = true)]
async fn a_register_that_has_lost_a_socket_is_told_of_it_before_another_instance_reads_it() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = live_at(&harbour, &one).await;
    assert_eq!(forget(&harbour.store).await.len(), 1);
    one.leave().await;
    let two = harbour.instance().await;
    mail(&two, &berth.agent, 0).await;
    berth.gets_live(&two, 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_whoever_serves_it_now_knows_stays_open() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = live_at(&harbour, &one).await;
    claim_all(&harbour, A_WHILE * 10).await;
    assert_eq!(berth.order_within(A_WHILE).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_whoever_serves_it_now_does_not_know_is_closed() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = live_at(&harbour, &one).await;
    forget(&harbour.store).await;
    claim_all(&harbour, A_WHILE * 10).await;
    assert_eq!(berth.order().await, Order::Close(CloseReason::TryLater));
}

#[tokio::test(start_paused = true)]
async fn a_socket_of_which_whoever_serves_it_now_heard_in_the_middle_is_closed() {
    let harbour = Harbour::new();
    let one = harbour.instance().await;
    let mut berth = live_at(&harbour, &one).await;
    for (shard, entry) in forget(&harbour.store).await {
        enter_anew(&harbour.store, shard, &entry).await;
    }
    claim_all(&harbour, A_WHILE * 10).await;
    assert_eq!(berth.order().await, Order::Close(CloseReason::TryLater));
}

/// While it sends the next frame, the sockets become somebody else's.
struct Overtaken {
    outlet: Arc<dyn Outlet>,
    harbour: Arc<Harbour>,
    armed: Arc<AtomicBool>,
}

#[async_trait]
impl Outlet for Overtaken {
    async fn send(&self, berth: &BerthId, reach: &Reach, envelope: Bytes) -> Result<(), Unsent> {
        if self.armed.swap(false, Ordering::Relaxed) {
            claim_all(&self.harbour, A_WHILE).await;
        }
        self.outlet.send(berth, reach, envelope).await
    }

    async fn ping(&self, berth: &BerthId, reach: &Reach, payload: u64) -> Result<(), Unsent> {
        self.outlet.ping(berth, reach, payload).await
    }

    async fn close(&self, berth: &BerthId, reach: &Reach, reason: CloseReason) {
        self.outlet.close(berth, reach, reason).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_too_late_is_heard_again_by_whoever_serves_the_socket_then() {
    let (harbour, armed) = (Arc::new(Harbour::new()), Arc::new(AtomicBool::new(false)));
    let overtaken = |outlet| Overtaken { outlet, harbour: harbour.clone(), armed: armed.clone() };
    let one = harbour.instance_with(|_, pier| Arc::new(overtaken(pier))).await;
    let mut berth = harbour.berth(&agent(1));
    berth.join(&[&one]).await;
    armed.store(true, Ordering::Relaxed);
    berth.turn_live(&one).await;
    // Whoever had them is dead, and the first has them again.
    let again = berth.words().await;
    assert!(matches!(again, Words::Status { live: true, .. }), "{again:?}");
    mail(&one, &berth.agent, 0).await;
    berth.gets_live(&one, 0).await;
}
