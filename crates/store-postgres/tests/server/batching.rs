//! Appends that come at the same time.

use std::collections::BTreeSet;
use std::time::Duration;

use store::{Appended, Holder, Mailbox, Notice, Quota, RecipientId, Timestamp};
use tokio::time::timeout;

use crate::support::{
    ALICE, ALL, BOB, LATE, client, eventually, fresh, hears, letter, open, position, put, session,
    waiting,
};

async fn transactions(client: &tokio_postgres::Client) -> i64 {
    // What a backend did is counted within a second.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let sql = "select xact_commit from pg_stat_database where datname = current_database()";
    client.query_one(sql, &[]).await.expect("statistics").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_appends_at_once_make_few_transactions() {
    let (store, url) = fresh().await;
    put(&store, ALICE, 1000).await;
    let client = client(&url).await;
    let before = transactions(&client).await;
    let appends = (0..100).map(|number| {
        let store = store.clone();
        let owner = RecipientId([number as u8 % 10; 16]);
        tokio::spawn(async move { store.append(owner, letter(number)).await })
    });
    for append in appends.collect::<Vec<_>>() {
        position(append.await.expect("a writer").expect("append"));
    }
    // Beside them only signs of life, and our own look at the statistics.
    let made = transactions(&client).await - before;
    assert!(made < 40, "{made} transactions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_over_the_same_mailboxes_in_any_order_do_not_block_each_other() {
    let (here, url) = fresh().await;
    let stores = [here, open(&url).await, open(&url).await];
    let mut work = Vec::new();
    for (place, store) in stores.iter().enumerate() {
        for number in 0..200_u32 {
            let (store, seed) = (store.clone(), number * 7919 + place as u32 * 104_729);
            work.push(tokio::spawn(async move {
                let owner = RecipientId([(seed % 13) as u8; 16]);
                let given = position(store.append(owner, letter(seed)).await.expect("append"));
                if seed.is_multiple_of(3) {
                    store.acknowledge(owner, &[given], None).await.expect("acknowledge");
                }
                store.lease(owner, Holder::Request(u64::from(seed)), Timestamp::NEVER, &ALL).await
            }));
        }
    }
    let all = async {
        for one in work {
            one.await.expect("a writer").expect("lease");
        }
    };
    timeout(LATE * 3, all).await.expect("nobody waits for ever");
    let sums = "select bool_and(b.messages = m.messages and b.bytes = m.bytes) from mailboxes b, lateral ( \
        select count(*) as messages, coalesce(sum(octet_length(envelope)), 0) as bytes \
        from messages where owner = b.owner) m";
    let are_right: bool = client(&url).await.query_one(sums, &[]).await.expect("sums").get(0);
    assert!(are_right, "the counts of a mailbox are those of its mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_are_kept_to_the_letter_also_within_a_batch() {
    let (store, _) = fresh().await;
    let quota = Quota { messages: 30, bytes: 1 << 30 };
    let appends = (0..80).map(|number| {
        let (store, letter) = (store.clone(), store::Letter { quota, ..letter(number % 60) });
        tokio::spawn(async move { store.append(ALICE, letter).await.expect("append") })
    });
    let mut outcomes = Vec::new();
    for append in appends.collect::<Vec<_>>() {
        outcomes.push(append.await.expect("a writer"));
    }
    let kept: BTreeSet<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Appended::Stored { position, .. } => Some(*position),
            _ => None,
        })
        .collect();
    assert_eq!(kept.len(), 30, "{outcomes:?}");
    assert_eq!(waiting(&store, ALICE).await, kept.into_iter().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn small_letters_find_the_room_that_a_large_one_did_not() {
    let (store, _) = fresh().await;
    let quota = Quota { messages: 99, bytes: 5000 };
    let sized = |number: u32, bytes: usize| store::Letter {
        envelope: vec![b'x'; bytes].into(),
        quota,
        ..letter(number)
    };
    let sizes = [2000, 4000, 2000, 1000, 1000];
    let appends = sizes.iter().zip(0..).map(|(bytes, number)| {
        let (store, letter) = (store.clone(), sized(number, *bytes));
        async move { store.append(ALICE, letter).await.expect("append") }
    });
    let outcomes = futures_util::future::join_all(appends).await;
    // Which of them comes first is not said.
    let (kept, refused): (Vec<_>, Vec<_>) = sizes
        .iter()
        .zip(&outcomes)
        .partition(|(_, outcome)| matches!(outcome, Appended::Stored { .. }));
    let used: usize = kept.iter().map(|(bytes, _)| **bytes).sum();
    assert!(used <= 5000 && !refused.is_empty(), "{outcomes:?}");
    assert!(refused.iter().all(|(bytes, _)| used + **bytes > 5000), "{outcomes:?}");
}

/// A commit that becomes visible late must not be overtaken by a later one of the same mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_waits_for_one_before_it_and_readers_miss_neither() {
    let (store, url) = fresh().await;
    put(&store, ALICE, 1).await;
    put(&store, BOB, 1).await;
    let (epoch, mut watch) = session(&store, ALICE).await;
    let slow = client(&url).await;
    let append = "begin; select append(array['\\xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1'::bytea], array['\\x02'::bytea], \
        array['\\x03'::bytea], (select array_agg(destination) from messages where sequence = 1 and owner = '\\xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1'), \
        array[1], array[9999999999999], array[2], array[99], array[999999], 0)";
    slow.batch_execute(append).await.expect("an append that is not committed");
    let later = tokio::spawn({
        let store = store.clone();
        async move { put(&store, ALICE, 3).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!later.is_finished());
    assert_eq!(waiting(&store, ALICE).await.len(), 1, "a reader does not wait");
    slow.batch_execute("commit").await.expect("a commit");
    let third = later.await.expect("the later append");
    assert_eq!(third.sequence, 3);
    assert_eq!(hears(&mut watch).await, Notice::Mail);
    let leased = store.lease(ALICE, Holder::Session(epoch), Timestamp::NEVER, &ALL).await;
    let order: Vec<_> = leased.expect("lease").iter().map(|mail| mail.position.sequence).collect();
    assert_eq!(order, [1, 2, 3]);
    // Mailboxes of others are not concerned.
    eventually(async || waiting(&store, BOB).await.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_in_flight_does_not_touch_the_rows_of_the_mail() {
    let (store, url) = fresh().await;
    for number in 0..20 {
        put(&store, ALICE, number).await;
    }
    let client = client(&url).await;
    let versions =
        "select string_agg(ctid::text || xmin || xmax, ' ' order by sequence) from messages";
    let before: String = client.query_one(versions, &[]).await.expect("versions").get(0);
    for holder in 0..5 {
        let holder = Holder::Request(holder);
        store.lease(ALICE, holder, Timestamp::NEVER, &ALL).await.expect("lease");
        store.release(ALICE, holder, Duration::ZERO).await.expect("release");
    }
    let after: String = client.query_one(versions, &[]).await.expect("versions").get(0);
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_much_waits_is_known_without_reading_what_waits() {
    const WAITING: u32 = 2_000;
    let (store, url) = fresh().await;
    let appends = (0..WAITING).map(|number| put(&store, ALICE, number));
    futures_util::future::join_all(appends).await;
    assert_eq!(store.depth(ALICE, None).await.expect("depth").messages, u64::from(WAITING));
    let client = client(&url).await;
    // Its statistics are those of this transaction alone.
    client
        .batch_execute("begin; set local plan_cache_mode = force_generic_plan")
        .await
        .expect("a transaction");
    let depth = "select messages from depth($1, 0, null)";
    let waiting: i64 = client.query_one(depth, &[&ALICE.0.as_slice()]).await.expect("depth").get(0);
    assert_eq!(waiting, i64::from(WAITING));
    let read = "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'messages'";
    let read: i64 = client.query_one(read, &[]).await.expect("statistics").get(0);
    // The oldest and the newest.
    assert!(read <= 2, "{read} rows were read");
}
