//! A cluster whose slots move and whose primaries die.

use std::time::Duration;

use servers::RedisCluster;
use store::Mailbox;
use store_redis::Options;
use tokio::time::{Instant, timeout};

use crate::party::{ALICE, Party, texts};

/// A key in the slot of Alice's mailbox.
async fn a_key_of_alice(cluster: &RedisCluster) -> String {
    for node in cluster.nodes() {
        let keys = node.cli(&["KEYS", "restante:*:box"]).await;
        if let Some(key) = keys.lines().find(|key| key.ends_with(":box")) {
            return key.to_owned();
        }
    }
    panic!("Alice has no box")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_moves_under_traffic_and_nothing_is_lost_or_late() {
    let cluster = RedisCluster::start().await;
    let party = Party::on(Options::new(cluster.url())).await;
    let mut session = party.session(ALICE).await;
    let key = a_key_of_alice(&cluster).await;
    let mut seen = Vec::new();
    let reading = async {
        while seen.len() < 300 {
            assert!(session.hears_within(Duration::from_secs(5)).await, "{} came", seen.len());
            let mail = party.lease(ALICE, &session).await;
            seen.extend(texts(&mail));
            let ids: Vec<_> = mail.iter().map(|mail| mail.position).collect();
            while party.here.acknowledge(ALICE, &ids, Some(session.epoch)).await.is_err() {}
        }
    };
    let writing = async {
        for number in 0..300 {
            party.put(ALICE, &number.to_string()).await;
        }
    };
    let moving = async {
        let migration = cluster.migrate(&key).await;
        migration.move_keys().await;
        migration.finish().await;
    };
    timeout(Duration::from_secs(60), async { tokio::join!(reading, writing, moving) })
        .await
        .expect("all mail comes through");
    assert_eq!(seen, (0..300).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn live_delivery_is_back_within_a_second_of_the_cluster_taking_writes_again() {
    let mut cluster = RedisCluster::start().await;
    let node = cluster.url();
    let party = Party::on(Options::new(node)).await;
    let mut session = party.session(ALICE).await;
    let key = a_key_of_alice(&cluster).await;
    let dead = cluster.kill_primary_of(&key).await;
    cluster.until_taken_over(&key, dead).await;
    let taken_over = Instant::now();
    party.put(ALICE, "after").await;
    let mut mail = Vec::new();
    while mail.is_empty() {
        assert!(session.hears_within(Duration::from_secs(10)).await, "no wake");
        mail = party.lease(ALICE, &session).await;
    }
    let late = taken_over.elapsed();
    assert_eq!(texts(&mail), ["after"]);
    assert!(late < Duration::from_secs(2), "{late:?}");
}
