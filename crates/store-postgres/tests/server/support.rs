use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use servers::Postgres;
use store::conformance::ManualClock;
use store::{
    Appended, Claimant, Demand, Epoch, Letter, Mailbox, Manner, Notice, Position, Presence, Quota,
    RecipientId, Role, Timestamp, Watch,
};
use store_postgres::{Options, PostgresStore};
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

pub const ALICE: RecipientId = RecipientId([0xa1; 16]);
pub const BOB: RecipientId = RecipientId([0xb0; 16]);
pub const ALL: Demand =
    Demand { messages: usize::MAX, bytes: usize::MAX, key: None, window: usize::MAX };
/// How long anything may take that comes by itself.
pub const LATE: Duration = Duration::from_secs(10);

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOW))
}

pub const NOW: Timestamp = Timestamp(1_700_000_000_000);

pub async fn open(url: &str) -> Arc<PostgresStore> {
    let store = PostgresStore::connect(Options::new(url), clock()).await.expect("the store opens");
    store.renew("here", Timestamp::NEVER).await.expect("a sign of life");
    store
}

/// A store in an empty database of the server that all tests share, and the database's URL.
pub async fn fresh() -> (Arc<PostgresStore>, String) {
    let url = Postgres::shared().await.database().await;
    (open(&url).await, url)
}

/// Empties tables one by one: who locks several at once may meet the store's own acts halfway.
pub async fn forget(client: &Client, tables: &[&str]) {
    for table in tables {
        client.batch_execute(&format!("truncate {table}")).await.expect("forgotten");
    }
}

/// A connection of our own, to do what the store does not, or to see what it did.
pub async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client.batch_execute("set search_path = restante").await.expect("the schema");
    client
}

/// Letter number `number`, of 2 KB.
pub fn letter(number: u32) -> Letter {
    let mut dedupe = [0; 16];
    dedupe[..4].copy_from_slice(&number.to_be_bytes());
    Letter {
        envelope: Bytes::from(format!("{number:2048}")),
        destination: Destination::Key(VerKey::from_bytes([1; 32])),
        dedupe,
        received: NOW,
        expires: Timestamp::NEVER,
        dedupe_window: Duration::from_secs(3600),
        quota: Quota { messages: 100_000, bytes: 1 << 30 },
    }
}

#[track_caller]
pub fn position(appended: Appended) -> Position {
    match appended {
        Appended::Stored { position, .. } => position,
        other => panic!("expected a place, got {other:?}"),
    }
}

pub async fn put(store: &PostgresStore, owner: RecipientId, number: u32) -> Position {
    position(store.append(owner, letter(number)).await.expect("append"))
}

pub async fn waiting(store: &PostgresStore, owner: RecipientId) -> Vec<Position> {
    let mail = store.peek(owner, &ALL).await.expect("peek");
    mail.iter().map(|mail| mail.position).collect()
}

pub async fn session(store: &PostgresStore, owner: RecipientId) -> (Epoch, Watch) {
    let claimant = Claimant { instance: "here".to_owned(), role: Role::Session };
    let epoch = store.claim(owner, &claimant).await.expect("claim");
    (epoch, store.watch(owner, epoch, Manner::ALONE).await.expect("watch"))
}

/// Waits for the ring, which has to come.
pub async fn hears(watch: &mut Watch) -> Notice {
    timeout(LATE, watch.next()).await.expect("the bell rings")
}

/// Repeats until it holds.
pub async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LATE, waiting).await.expect("it comes to hold");
}
