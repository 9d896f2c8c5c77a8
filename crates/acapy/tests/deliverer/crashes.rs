//! Nothing is lost when a part dies.

use std::time::Duration;

use servers::{RedisCluster, RedisSpec};
use testkit::Site;
use tokio::time::Instant;

use crate::stage::{Stage, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deliverer_had_in_hand_when_it_died_is_delivered_by_another_within_five_seconds() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|before, _| {
        (200, "", if before == 0 { Duration::from_secs(3600) } else { Duration::ZERO })
    });
    for number in 0..20 {
        stage.push(&endpoint.url("/"), &number.to_string()).await;
    }
    let first = stage.deliver();
    endpoint.until(1).await;
    let _second = stage.deliver();
    drop(first);
    let died = Instant::now();
    endpoint.until(2).await;
    assert!(died.elapsed() < Duration::from_secs(5), "{:?}", died.elapsed());
    stage.until_empty().await;
    let expected: Vec<_> = [0].into_iter().chain(0..20).map(|number| number.to_string()).collect();
    assert_eq!(endpoint.texts(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliverers_that_die_again_and_again_lose_nothing_and_keep_the_order() {
    let (stage, endpoint) = (Stage::set().await, Site::open().await);
    endpoint.decide(|_, _| (200, "", Duration::from_millis(5)));
    for number in 0..200 {
        for path in ["/a", "/b"] {
            stage.push(&endpoint.url(path), &format!("{number:03}")).await;
        }
    }
    for _ in 0..3 {
        let running = stage.deliver();
        let before = endpoint.came().len();
        endpoint.until(before + 20).await;
        drop(running);
    }
    let _last = stage.deliver();
    stage.until_empty().await;
    for path in ["/a", "/b"] {
        let came = endpoint.came().into_iter().filter(|came| came.path == path);
        let mut texts: Vec<_> = came.map(|came| came.text()).collect();
        // A repetition is of the one before: what was in hand.
        texts.dedup();
        assert_eq!(texts, (0..200).map(|number| format!("{number:03}")).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_for_a_while_stops_nobody() {
    let mut cluster = RedisCluster::start_with(RedisSpec::plain().with("appendonly", "yes")).await;
    let (stage, endpoint) = (Stage::on(&cluster.url()).await, Site::open().await);
    let running = stage.deliver();
    stage.push(&endpoint.url("/"), "before").await;
    endpoint.until(1).await;
    assert!(running.tally.is_ready());
    tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(cluster.restart());
    });
    until("it answers", async || {
        let list = stage.names.outbound();
        stage.redis.command::<u64>(&list, redis::cmd("LLEN").arg(&list)).await.is_ok()
    })
    .await;
    stage.push(&endpoint.url("/"), "after").await;
    endpoint.until(2).await;
    until("it is ready", async || running.tally.is_ready()).await;
    assert_eq!(endpoint.texts().last().unwrap(), "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_loses_its_data_while_a_message_is_in_hand_stops_nobody() {
    let cluster = RedisCluster::start().await;
    let (stage, endpoint) = (Stage::on(&cluster.url()).await, Site::open().await);
    endpoint
        .decide(|before, _| (200, "", Duration::from_millis(if before == 0 { 500 } else { 0 })));
    let _running = stage.deliver();
    stage.push(&endpoint.url("/"), "in hand").await;
    endpoint.until(1).await;
    for node in cluster.nodes() {
        node.cli(&["FLUSHALL"]).await;
    }
    stage.push(&endpoint.url("/"), "after").await;
    endpoint.until(2).await;
    stage.until_empty().await;
    assert_eq!(endpoint.texts(), ["in hand", "after"]);
}
