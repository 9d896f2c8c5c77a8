//! Two processes' stores on the same servers, and a session that reads through the first.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use store::conformance::ManualClock;
use store::{
    Appended, Claimant, Clock, Demand, Epoch, Holder, Letter, Mail, Mailbox, Manner, Notice,
    Position, Presence, Quota, RecipientId, Role, StoreError, Timestamp, Watch,
};
use store_redis::{Options, RedisStore};
use tokio::time::{Instant, sleep, timeout};

pub const ALICE: RecipientId = RecipientId([0xa1; 16]);

pub const ALL: Demand =
    Demand { messages: usize::MAX, bytes: usize::MAX, key: None, window: usize::MAX };

pub struct Party {
    pub here: Arc<RedisStore>,
    pub there: Arc<RedisStore>,
    pub clock: Arc<ManualClock>,
}

pub struct Session {
    pub epoch: Epoch,
    pub watch: Watch,
}

impl Party {
    pub async fn on(options: Options) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let connect = async || RedisStore::connect(options.clone(), clock.clone()).await;
        let [here, there] = [connect().await, connect().await].map(|store| store.expect("a store"));
        let party = Self { here, there, clock };
        party.renew().await;
        party
    }

    /// Both instances live for a long time.
    pub async fn renew(&self) {
        let until = self.clock.now() + Duration::from_secs(1_000_000);
        for (store, name) in [(&self.here, "here"), (&self.there, "there")] {
            store.renew(name, until).await.expect("renew");
        }
    }

    pub async fn session(&self, owner: RecipientId) -> Session {
        Session::new(&self.here, "here", owner, Manner::ALONE).await
    }

    pub fn letter(&self, text: &str) -> Letter {
        let mut dedupe = [0; 16];
        text.bytes().enumerate().for_each(|(place, byte)| dedupe[place % 16] ^= byte);
        Letter {
            envelope: Bytes::copy_from_slice(text.as_bytes()),
            destination: Destination::Key(VerKey::from_bytes([1; 32])),
            dedupe,
            received: self.clock.now(),
            expires: self.clock.now() + Duration::from_secs(86_400),
            dedupe_window: Duration::from_secs(3_600),
            quota: Quota { messages: 100_000, bytes: 1 << 30 },
        }
    }

    /// Appends through the other instance, again and again while the engine is away.
    pub async fn put(&self, owner: RecipientId, text: &str) -> Option<Position> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match self.there.append(owner, self.letter(text)).await {
                Ok(Appended::Stored { position, .. }) => return Some(position),
                Ok(Appended::Duplicate) => return None,
                Err(StoreError::Unavailable(why)) => {
                    assert!(Instant::now() < deadline, "the engine stays away: {why}");
                    sleep(Duration::from_millis(50)).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    pub async fn lease(&self, owner: RecipientId, session: &Session) -> Vec<Mail> {
        let until = self.clock.now() + Duration::from_secs(60);
        let holder = Holder::Session(session.epoch);
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match self.here.lease(owner, holder, until, &ALL).await {
                Err(StoreError::Unavailable(_)) if Instant::now() < deadline => {
                    sleep(Duration::from_millis(50)).await;
                }
                leased => return leased.expect("the session reads"),
            }
        }
    }
}

impl Session {
    /// A session of the instance of this name.
    pub async fn new(store: &RedisStore, name: &str, owner: RecipientId, manner: Manner) -> Self {
        let claimant = Claimant { instance: name.to_owned(), role: Role::Session };
        let epoch = store.claim(owner, &claimant).await.expect("claim");
        let watch = store.watch(owner, epoch, manner).await.expect("watch");
        Self { epoch, watch }
    }

    /// Waits for mail's bell, so long at most.
    pub async fn hears_within(&mut self, span: Duration) -> bool {
        timeout(span, self.watch.next()).await == Ok(Notice::Mail)
    }
}

pub fn texts(mail: &[Mail]) -> Vec<String> {
    mail.iter().map(|mail| String::from_utf8_lossy(&mail.envelope).into_owned()).collect()
}
