//! Servers that end, hang and come back.

use std::time::Duration;

use servers::{PgSpec, Postgres};
use store::{Holder, Mailbox, Notice, StoreError, Timestamp};
use tokio::time::{Instant, timeout};

use crate::support::{ALICE, ALL, eventually, hears, letter, open, put, session, waiting};

/// An answer comes within so long, whatever the server does.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_survives_a_server_that_is_killed() {
    let mut server = Postgres::start(PgSpec::plain()).await;
    let store = open(&server.url()).await;
    let (epoch, mut watch) = session(&store, ALICE).await;
    let mut accepted = Vec::new();
    for number in 0..50 {
        accepted.push(put(&store, ALICE, number).await);
    }
    server.kill().await;
    assert!(matches!(store.append(ALICE, letter(50)).await, Err(StoreError::Unavailable(_))));
    server.restart().await;
    eventually(async || store.append(ALICE, letter(51)).await.is_ok()).await;
    let found = waiting(&store, ALICE).await;
    assert_eq!(found[..50], accepted);
    // The session reads on: nobody displaced it.
    assert_eq!(hears(&mut watch).await, Notice::Mail);
    let leased = store.lease(ALICE, Holder::Session(epoch), Timestamp::NEVER, &ALL).await;
    assert_eq!(leased.expect("the session still reads").len(), found.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_recovers_by_itself_from_a_restart() {
    let mut server = Postgres::start(PgSpec::plain()).await;
    let (here, there) = (open(&server.url()).await, open(&server.url()).await);
    let (_, mut watch) = session(&here, ALICE).await;
    put(&there, ALICE, 1).await;
    hears(&mut watch).await;
    server.restart().await;
    eventually(async || there.append(ALICE, letter(2)).await.is_ok()).await;
    assert_eq!(hears(&mut watch).await, Notice::Mail);
    assert_eq!(waiting(&here, ALICE).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_unavailable_soon_and_forgiven_later() {
    let server = Postgres::start(PgSpec::plain()).await;
    let store = open(&server.url()).await;
    put(&store, ALICE, 1).await;
    server.pause();
    for _ in 0..2 {
        let asked = Instant::now();
        let (peeked, appended) =
            tokio::join!(store.peek(ALICE, &ALL), store.append(ALICE, letter(2)));
        assert!(matches!(peeked, Err(StoreError::Unavailable(_))), "{peeked:?}");
        assert!(matches!(appended, Err(StoreError::Unavailable(_))), "{appended:?}");
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    }
    let crowd = (1000..2000).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.append(ALICE, letter(number)).await })
    });
    let (crowd, asked) = (crowd.collect::<Vec<_>>(), Instant::now());
    for one in crowd {
        assert!(matches!(one.await.expect("a writer"), Err(StoreError::Unavailable(_))));
    }
    assert!(asked.elapsed() < SOON + Duration::from_millis(500), "{:?}", asked.elapsed());
    server.resume();
    eventually(async || store.append(ALICE, letter(3)).await.is_ok()).await;
    // Others may have been kept: who asked was told that it is not known.
    assert!(waiting(&store, ALICE).await.len() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_waits_for_a_lock_is_not_an_outage_for_others() {
    let server = Postgres::start(PgSpec::plain()).await;
    let store = open(&server.url()).await;
    put(&store, ALICE, 1).await;
    let blocker = crate::support::client(&server.url()).await;
    blocker.batch_execute("begin; select from mailboxes for update").await.expect("a lock");
    let asked = Instant::now();
    let blocked = tokio::spawn({
        let store = store.clone();
        async move { store.append(ALICE, letter(2)).await }
    });
    // Not in one batch with the next.
    tokio::time::sleep(Duration::from_millis(200)).await;
    timeout(SOON, put(&store, crate::support::BOB, 1)).await.expect("others go on");
    let blocked = blocked.await.expect("a writer");
    assert!(matches!(blocked, Err(StoreError::Unavailable(_))), "{blocked:?}");
    assert!(asked.elapsed() < SOON);
    blocker.batch_execute("rollback").await.expect("a rollback");
    put(&store, ALICE, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_callers_than_connections_wait_for_their_turn() {
    let server = Postgres::shared().await;
    let url = server.database().await;
    let options =
        store_postgres::Options { max_connections: 2, ..store_postgres::Options::new(&url) };
    let store = store_postgres::PostgresStore::connect(options, crate::support::clock()).await;
    let store = store.expect("the store opens");
    let callers = (0..200).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.peek(ALICE, &ALL).await })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("a caller").expect("peek");
    }
    let sql = "select count(*) from pg_stat_activity where application_name = 'restante' and datname = current_database()";
    let open: i64 =
        crate::support::client(&url).await.query_one(sql, &[]).await.expect("a count").get(0);
    assert!(open <= 2, "{open} connections");
}
