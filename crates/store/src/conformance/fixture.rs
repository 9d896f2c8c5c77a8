use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use didcomm::{Destination, VerKey};

use super::ManualClock;
use crate::{
    Appended, Claimant, Clock, Demand, Depth, Epoch, Holder, Letter, Mail, Manner, Notice,
    Position, Quota, RecipientId, Role, Stores, Timestamp, Watch,
};

pub(super) const ALICE: RecipientId = RecipientId([0xa1; 16]);
pub(super) const BOB: RecipientId = RecipientId([0xb0; 16]);

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
/// How long a letter's dedupe is remembered, and how long the letter may wait.
pub(super) const WINDOW: Duration = Duration::from_secs(3_600);
pub(super) const LIFE: Duration = Duration::from_secs(86_400);

/// By the wall clock: how long a ring may be on its way.
const LATE: Duration = Duration::from_secs(10);
/// By the wall clock: after how long without a ring we believe that none comes.
const QUIET: Duration = Duration::from_millis(200);

/// The engine behind the stores of a fixture: how to reach it from another process, and how to end it.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Stores on this engine's data as another process would have them; an engine that serves a single process gives
    /// the same again.
    async fn instance(&self) -> Stores;

    /// Ends the engine and starts it again on the same data. All stores given before are dropped by then.
    async fn restart(&mut self);

    /// Cuts the connections on which wakes travel. An engine without such connections has nothing to lose.
    async fn lose_wakes(&self) {}

    /// Moves all mailboxes to other servers of the engine, if it has several.
    async fn relocate(&self) {}
}

/// What a promise is tested with.
pub struct Fixture {
    /// The stores under test.
    pub stores: Stores,
    /// The same data, seen by another instance.
    pub other: Stores,
    /// The clock of both.
    pub clock: Arc<ManualClock>,
    engine: Box<dyn Engine>,
}

impl Fixture {
    /// A fixture on an engine without data, whose stores look at `clock`.
    pub async fn new(engine: impl Engine + 'static, clock: Arc<ManualClock>) -> Self {
        Self::on(Box::new(engine), clock).await
    }

    async fn on(engine: Box<dyn Engine>, clock: Arc<ManualClock>) -> Self {
        let fixture =
            Self { stores: engine.instance().await, other: engine.instance().await, clock, engine };
        fixture.renew(HERE, LIFE * 100).await;
        fixture.renew(THERE, LIFE * 100).await;
        fixture
    }

    /// The fixture after a restart of its engine.
    pub async fn restart(self) -> Self {
        let Self { stores, other, clock, mut engine } = self;
        drop((stores, other));
        engine.restart().await;
        Self::on(engine, clock).await
    }

    /// The connections on which wakes travel are cut.
    pub(super) async fn lose_wakes(&self) {
        self.engine.lose_wakes().await;
    }

    /// All mailboxes move to other servers, if there are any.
    pub(super) async fn relocate(&self) {
        self.engine.relocate().await;
    }

    /// A sign of life of this instance.
    pub(super) async fn renew(&self, instance: &str, span: Duration) {
        let stores = if instance == HERE { &self.stores } else { &self.other };
        stores.presence.renew(instance, self.now() + span).await.expect("renew");
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A letter to [`key`] 1 whose dedupe and envelope are made of `text`.
    pub(super) fn letter(&self, text: &str) -> Letter {
        let mut dedupe = [0; 16];
        text.bytes()
            .enumerate()
            .for_each(|(place, byte)| dedupe[place % 16] ^= byte.rotate_left(place as u32 / 16));
        Letter {
            envelope: Bytes::copy_from_slice(text.as_bytes()),
            destination: key(1),
            dedupe,
            received: self.now(),
            expires: self.now() + LIFE,
            dedupe_window: WINDOW,
            quota: Quota { messages: 100_000, bytes: 1 << 30 },
        }
    }

    pub(super) async fn append(&self, owner: RecipientId, letter: Letter) -> Appended {
        self.stores.mailbox.append(owner, letter).await.expect("append")
    }

    /// Appends a new letter.
    pub(super) async fn put(&self, owner: RecipientId, text: &str) -> Position {
        stored(self.append(owner, self.letter(text)).await)
    }

    pub(super) async fn put_all(&self, owner: RecipientId, texts: &[&str]) -> Vec<Position> {
        let mut positions = Vec::new();
        for text in texts {
            positions.push(self.put(owner, text).await);
        }
        positions
    }

    pub(super) async fn peek(&self, owner: RecipientId, demand: &Demand) -> Vec<Mail> {
        self.stores.mailbox.peek(owner, demand).await.expect("peek")
    }

    /// What waits and is in nobody's hands.
    pub(super) async fn waiting(&self, owner: RecipientId) -> Vec<String> {
        texts(&self.peek(owner, &ALL).await)
    }

    /// Leases up to `messages` for a minute.
    pub(super) async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        messages: usize,
    ) -> Vec<Mail> {
        let demand = Demand::of(messages, usize::MAX);
        self.stores.mailbox.lease(owner, holder, self.now() + MINUTE, &demand).await.expect("lease")
    }

    pub(super) async fn acknowledge(&self, owner: RecipientId, ids: &[Position]) -> usize {
        self.stores.mailbox.acknowledge(owner, ids, None).await.expect("acknowledge")
    }

    pub(super) async fn release(&self, owner: RecipientId, holder: Holder) {
        self.stores.mailbox.release(owner, holder, Duration::ZERO).await.expect("release");
    }

    pub(super) async fn depth(&self, owner: RecipientId) -> Depth {
        self.stores.mailbox.depth(owner, None).await.expect("depth")
    }

    pub(super) async fn expire(&self, limit: usize) -> usize {
        self.stores.mailbox.expire(self.now(), limit).await.expect("expire")
    }

    /// A new session that watches through the first instance.
    pub(super) async fn session(&self, owner: RecipientId) -> Session {
        Session::new(&self.stores, owner, HERE, Manner::ALONE).await
    }

    /// A new session that watches through the other instance.
    pub(super) async fn distant_session(&self, owner: RecipientId) -> Session {
        Session::new(&self.other, owner, THERE, Manner::ALONE).await
    }
}

/// A session that reads a mailbox.
pub(super) struct Session {
    pub epoch: Epoch,
    pub holder: Holder,
    pub watch: Watch,
}

impl Session {
    pub(super) async fn new(
        stores: &Stores,
        owner: RecipientId,
        instance: &str,
        manner: Manner,
    ) -> Self {
        let claimant = claimant(instance);
        let epoch = stores.presence.claim(owner, &claimant).await.expect("claim");
        let watch = stores.mailbox.watch(owner, epoch, manner).await.expect("watch");
        Self { epoch, holder: Holder::Session(epoch), watch }
    }

    /// The next ring, which has to come.
    pub(super) async fn hears(&mut self) -> Notice {
        tokio::time::timeout(LATE, self.watch.next()).await.expect("the bell rings")
    }

    /// Waits until nothing more comes, and forgets what came.
    pub(super) async fn settle(&mut self) {
        while tokio::time::timeout(QUIET, self.watch.next()).await.is_ok() {}
    }

    /// Fails if the bell rings.
    pub(super) async fn hears_nothing(&mut self) {
        let heard = tokio::time::timeout(QUIET, self.watch.next()).await;
        assert!(heard.is_err(), "the bell rang: {heard:?}");
    }
}

/// The instance behind [`Fixture::stores`], and that behind [`Fixture::other`].
pub(super) const HERE: &str = "here";
pub(super) const THERE: &str = "there";

pub(super) fn claimant(instance: &str) -> Claimant {
    Claimant { instance: instance.to_owned(), role: Role::Session }
}

/// Everything there is.
pub(super) const ALL: Demand =
    Demand { messages: usize::MAX, bytes: usize::MAX, key: None, window: usize::MAX };

/// Time for rings that are on their way to arrive.
pub(super) async fn quiet() {
    tokio::time::sleep(QUIET).await;
}

/// Some key, another for each number.
pub(super) fn verkey(number: u8) -> VerKey {
    VerKey::from_bytes([number; 32])
}

pub(super) fn key(number: u8) -> Destination {
    Destination::Key(verkey(number))
}

#[track_caller]
pub(super) fn stored(appended: Appended) -> Position {
    match appended {
        Appended::Stored { position, .. } => position,
        other => panic!("expected the letter to be kept, got {other:?}"),
    }
}

pub(super) fn texts(mail: &[Mail]) -> Vec<String> {
    mail.iter().map(|mail| String::from_utf8_lossy(&mail.envelope).into_owned()).collect()
}

pub(super) fn ids(mail: &[Mail]) -> Vec<Position> {
    mail.iter().map(|mail| mail.position).collect()
}
