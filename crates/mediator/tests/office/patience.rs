//! Forwards while the store is slow or away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use didcomm::{Destination, SecretKey};
use mediator::{Answer, Identity, Mediator, Patience, RootSecret, Settings};
use protocols::client;
use store::memory::MemoryStore;
use store::{
    Appended, Demand, Depth, Epoch, Holder, KeyAction, KeyChange, Keylists, Letter, Mail, Mailbox,
    Manner, Position, RecipientId, Result, Stores, Timestamp, Watch,
};
use tokio::time::{Instant, sleep};

use crate::{Nowhere, Paused};

const OWNER: RecipientId = RecipientId([3; 16]);

/// A mailbox that says nothing, neither yes nor no, while it is silent.
struct Silent {
    inner: Arc<MemoryStore>,
    silent: AtomicBool,
}

#[async_trait]
impl Mailbox for Silent {
    async fn append(&self, owner: RecipientId, letter: Letter) -> Result<Appended> {
        if self.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.inner.append(owner, letter).await
    }

    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>> {
        self.inner.peek(owner, demand).await
    }

    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>> {
        self.inner.lease(owner, holder, until, demand).await
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        self.inner.acknowledge(owner, ids, by).await
    }

    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()> {
        self.inner.release(owner, holder, linger).await
    }

    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth> {
        self.inner.depth(owner, key).await
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch> {
        self.inner.watch(owner, epoch, manner).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.inner.expire(now, limit).await
    }
}

/// A mediator, its mailbox, and a forward to somebody it knows.
struct Scene {
    mediator: Arc<Mediator>,
    mailbox: Arc<Silent>,
    forward: Bytes,
}

async fn scene(patience: Patience) -> Scene {
    let clock = Arc::new(Paused(Instant::now()));
    let engine = Arc::new(MemoryStore::new(clock.clone()));
    let recipient = SecretKey::from_seed([9; 32]).verkey();
    let change = KeyChange { destination: Destination::Key(recipient), action: KeyAction::Add };
    engine.update(OWNER, &[change], 10).await.unwrap();
    let mailbox = Arc::new(Silent { inner: engine.clone(), silent: AtomicBool::new(true) });
    let stores = Stores { mailbox: mailbox.clone(), ..Stores::of(engine) };
    let identity = Identity::from_root(RootSecret::new([7; 32]));
    let envelope = br#"{"protected":"cA","iv":"aQ","ciphertext":"Yw","tag":"dA"}"#;
    let words = client::forward("id", &recipient, envelope).unwrap();
    let forward = didcomm::seal_anon(&words, &[identity.routing().verkey()]).unwrap();
    let settings = Settings { patience, ..Settings::at("http://m.test", "ws://m.test") };
    let mediator = Mediator::new(settings, identity, stores, clock, Arc::new(Nowhere));
    Scene { mediator, mailbox, forward: forward.into_bytes() }
}

#[tokio::test(start_paused = true)]
async fn a_forward_is_cut_off_when_the_store_says_nothing_for_ten_seconds() {
    let scene = scene(Patience::default()).await;
    let begin = Instant::now();
    assert!(matches!(scene.mediator.post(&scene.forward).await, Answer::Cut));
    let held = begin.elapsed();
    assert!(held >= Duration::from_secs(10) && held < Duration::from_secs(14), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_forward_is_kept_when_the_store_speaks_again() {
    let scene = scene(Patience::default()).await;
    let silence = async {
        sleep(Duration::from_secs(5)).await;
        scene.mailbox.silent.store(false, Ordering::Relaxed);
    };
    let (answer, ()) = tokio::join!(scene.mediator.post(&scene.forward), silence);
    assert!(matches!(answer, Answer::Accepted), "{answer:?}");
    assert_eq!(scene.mailbox.depth(OWNER, None).await.unwrap().messages, 1);
}

#[tokio::test(start_paused = true)]
async fn one_more_than_may_be_held_is_cut_off_at_once() {
    let scene = scene(Patience { held: 1, ..Patience::default() }).await;
    let mediator = scene.mediator.clone();
    let first = scene.forward.clone();
    let held = tokio::spawn(async move { mediator.post(&first).await });
    sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    assert!(matches!(scene.mediator.post(&scene.forward).await, Answer::Cut));
    assert!(begin.elapsed() < Duration::from_millis(10), "{:?}", begin.elapsed());
    assert!(matches!(held.await.unwrap(), Answer::Cut));
}
