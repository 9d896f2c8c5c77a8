//! Redis, alone and in a cluster, as the tests of the stores need it.

use std::time::Duration;

use servers::{RedisCluster, RedisServer, RedisSpec};
use tokio::time::timeout;

#[tokio::test]
async fn a_plain_redis_forgets_at_its_restart() {
    let mut redis = RedisServer::start(RedisSpec::plain()).await;
    assert_eq!(redis.cli(&["SET", "a", "1"]).await, "OK");
    redis.restart().await;
    assert_eq!(redis.cli(&["GET", "a"]).await, "");
}

#[tokio::test]
async fn a_durable_redis_keeps_what_it_had_when_it_was_killed() {
    let mut redis = RedisServer::start(RedisSpec::durable()).await;
    redis.cli(&["SET", "a", "1"]).await;
    redis.kill().await;
    redis.restart().await;
    assert_eq!(redis.cli(&["GET", "a"]).await, "1");
}

#[tokio::test]
async fn a_guarded_redis_takes_its_user_over_tls_only() {
    let redis = RedisServer::start(RedisSpec::tls_with_acl()).await;
    assert_eq!(redis.cli(&["ACL", "WHOAMI"]).await, "restante");
    assert!(redis.url().starts_with("rediss://"));
    assert!(redis.access().is_some_and(|access| access.ca.exists()));
}

#[tokio::test]
async fn a_paused_redis_answers_when_it_is_resumed() {
    let redis = RedisServer::start(RedisSpec::plain()).await;
    redis.pause();
    assert!(timeout(Duration::from_millis(200), redis.cli(&["PING"])).await.is_err());
    redis.resume();
    assert_eq!(redis.cli(&["PING"]).await, "PONG");
}

#[tokio::test]
async fn a_replica_takes_over_and_the_cluster_heals() {
    let mut cluster = RedisCluster::start().await;
    assert_eq!(cluster.cli("a", &["SET", "a", "1"]).await, "OK");
    cluster.cli("a", &["WAIT", "1", "1000"]).await;
    let dead = cluster.kill_primary_of("a").await;
    cluster.until_taken_over("a", dead).await;
    assert_eq!(cluster.cli("a", &["GET", "a"]).await, "1");
    cluster.heal().await;
    assert!(cluster.nodes()[dead].cli(&["ROLE"]).await.starts_with("slave"));
}

#[tokio::test]
async fn a_slot_moves_with_its_keys() {
    let cluster = RedisCluster::start().await;
    let (before, keys) =
        (cluster.primary_of("{a}").await, (0..50).map(|key| format!("{{a}}{key}")));
    for key in keys.clone() {
        assert_eq!(cluster.cli("{a}", &["SET", &key, "1"]).await, "OK");
    }
    let migration = cluster.migrate("{a}").await;
    migration.move_keys().await;
    migration.finish().await;
    assert_ne!(cluster.primary_of("{a}").await, before);
    for key in keys {
        assert_eq!(cluster.cli("{a}", &["GET", &key]).await, "1");
    }
}

#[tokio::test]
async fn a_replica_that_was_stranded_takes_over_without_what_came_later() {
    let mut cluster = RedisCluster::start().await;
    assert_eq!(cluster.cli("a", &["SET", "a", "1"]).await, "OK");
    cluster.cli("a", &["WAIT", "1", "1000"]).await;
    let replica = cluster.strand_replica_of("a").await;
    assert_eq!(cluster.cli("a", &["SET", "a", "2"]).await, "OK");
    let dead = cluster.kill_primary_of("a").await;
    cluster.nodes()[replica].resume();
    cluster.until_taken_over("a", dead).await;
    assert_eq!(cluster.cli("a", &["GET", "a"]).await, "1");
}

#[tokio::test]
async fn what_was_cut_off_an_append_only_file_is_gone() {
    let spec = RedisSpec::durable().with("appendfsync", "everysec");
    let mut redis = RedisServer::start(spec).await;
    redis.cli(&["SET", "a", "1"]).await;
    let length = redis.append_only_length();
    redis.cli(&["SET", "a", "2"]).await;
    redis.kill().await;
    redis.cut_append_only(length + 7);
    redis.restart().await;
    assert_eq!(redis.cli(&["GET", "a"]).await, "1");
}
