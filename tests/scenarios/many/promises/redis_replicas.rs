//! A replica takes over from a primary of a cluster.

use servers::{RedisCluster, RedisSpec};
use testkit::ServerOptions;

use super::scene::{OLD, RECENT, Scene};

/// What the instances say of a cluster with replicas, whatever the rest of the row is.
const LOSS: &str = "a replica that takes over lacks the mail of the last moments";

/// The mailbox with the old mail.
async fn mailbox(cluster: &RedisCluster) -> String {
    for node in cluster.nodes() {
        for key in node.cli(&["--scan", "--pattern", "*:mail"]).await.lines() {
            if node.cli(&["XLEN", key]).await == OLD.len().to_string() {
                return key.to_owned();
            }
        }
    }
    panic!("nobody has the mail");
}

async fn a_replica_that_is_behind_takes_over_without_the_mail_of_the_last_moments(spec: RedisSpec) {
    let mut cluster = RedisCluster::start_with(spec).await;
    let mut scene = Scene::set(ServerOptions::default().on(cluster.url()), LOSS).await;
    let mailbox = mailbox(&cluster).await;
    let replica = cluster.strand_replica_of(&mailbox).await;
    scene.accepts_recent().await;
    let dead = cluster.kill_primary_of(&mailbox).await;
    cluster.nodes()[replica].resume();
    cluster.until_taken_over(&mailbox, dead).await;
    scene.ends_without(RECENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_persistence() {
    a_replica_that_is_behind_takes_over_without_the_mail_of_the_last_moments(RedisSpec::plain())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_snapshots_alone() {
    let spec = RedisSpec::plain().with("save", "3600 1");
    a_replica_that_is_behind_takes_over_without_the_mail_of_the_last_moments(spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synced_every_second() {
    let spec = RedisSpec::every_second();
    a_replica_that_is_behind_takes_over_without_the_mail_of_the_last_moments(spec).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synced_always() {
    a_replica_that_is_behind_takes_over_without_the_mail_of_the_last_moments(RedisSpec::durable())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_must_have_a_replica_accepts_nothing_that_a_takeover_would_lose() {
    let spec = RedisSpec::plain().with("min-replicas-to-write", "1");
    let mut cluster = RedisCluster::start_with(spec.with("min-replicas-max-lag", "1")).await;
    let scene = Scene::set(ServerOptions::default().on(cluster.url()), LOSS).await;
    let mailbox = mailbox(&cluster).await;
    let replica = cluster.strand_replica_of(&mailbox).await;
    scene.accepts_nothing().await;
    let dead = cluster.kill_primary_of(&mailbox).await;
    cluster.nodes()[replica].resume();
    cluster.until_taken_over(&mailbox, dead).await;
    // It has no replica now.
    scene.accepts_nothing().await;
    cluster.heal().await;
    scene.accepts_recent_at_last().await;
    scene.ends_with_all().await;
}
