//! A Redis is killed, or its machine loses power.

use servers::{Postgres, RedisServer, RedisSpec};
use testkit::ServerOptions;

use super::scene::{OLD, RECENT, Scene};

fn on(redis: &RedisServer) -> ServerOptions {
    ServerOptions::default().on(redis.url())
}

async fn dies_and_comes_back(redis: &mut RedisServer) {
    redis.kill().await;
    redis.restart().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_persistence_all_mail_is_lost_and_new_mail_gets_no_old_id() {
    let mut redis = RedisServer::start(RedisSpec::plain()).await;
    // Who could get new mail, if nobody was known?
    let keylists = format!("store.keylists={}", Postgres::shared().await.database().await);
    let mut scene = Scene::set(on(&redis).and(&[&keylists])).await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_without(OLD.start..RECENT.end).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_snapshots_alone_what_came_after_the_last_one_is_lost() {
    let mut redis = RedisServer::start(RedisSpec::plain().with("save", "3600 1")).await;
    let mut scene = Scene::set(on(&redis)).await;
    assert_eq!(redis.cli(&["SAVE"]).await, "OK");
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_without(RECENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synced_every_second_nothing_is_lost_when_the_process_is_killed() {
    let mut redis = RedisServer::start(RedisSpec::every_second()).await;
    let mut scene = Scene::set(on(&redis)).await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_with_all().await;
}

/// No test can cut the power. What is left after that is a file without its end: cut within a transaction, as it may be.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_synced_yet_is_lost_with_the_machine() {
    const TORN: u64 = 50;
    let mut redis = RedisServer::start(RedisSpec::every_second()).await;
    let mut scene = Scene::set(on(&redis)).await;
    let synced = redis.append_only_length();
    scene.accepts_recent().await;
    redis.kill().await;
    redis.cut_append_only(synced + TORN);
    redis.restart().await;
    scene.ends_without(RECENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synced_always_nothing_is_lost_when_the_process_is_killed() {
    let mut redis = RedisServer::start(RedisSpec::durable()).await;
    let mut scene = Scene::set(on(&redis)).await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_with_all().await;
}
