//! A Redis is killed, or its machine loses power.

use std::time::Duration;

use protocols::Handshake;
use servers::{Postgres, RedisServer, RedisSpec};
use testkit::{Fleet, History, Parcel, ServerOptions, Violation};
use tokio::time::sleep;

use crate::habits::{drain, send_all};
use crate::many::engine::{joined, sender_at};

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
    let mut scene = Scene::set(on(&redis).and(&[&keylists]), "redis, no persistence").await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_without(OLD.start..RECENT.end).await;
}

/// Connections, grants and keylists are lost with the mail: no setting puts them elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn without_persistence_everything_is_lost_and_wallets_join_again() {
    let mut redis = RedisServer::start(RedisSpec::plain()).await;
    let mut fleet = Fleet::start(2, &on(&redis)).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let sender = sender_at(fleet[1].address(), &history);
    send_all(&sender, &wallet, OLD).await;
    dies_and_comes_back(&mut redis).await;
    let elsewhere = wallet.by_way_of(fleet[1].address());
    // No instance answers for longer from what it remembers.
    sleep(Duration::from_secs(3)).await;
    elsewhere.connect(Handshake::DidExchange11, None).await;
    elsewhere.be_mediated().await;
    send_all(&sender, &wallet, RECENT).await;
    assert_eq!(drain(&wallet).await, RECENT.len());
    let to = wallet.agent().number;
    let lost: Vec<_> = OLD.map(|number| Violation::Lost(Parcel { to, number })).collect();
    assert_eq!(history.violations(), lost, "{}", history.story());
    assert!(fleet[0].is_running() && fleet[1].is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_snapshots_alone_what_came_after_the_last_one_is_lost() {
    let mut redis = RedisServer::start(RedisSpec::plain().with("save", "3600 1")).await;
    let mut scene = Scene::set(on(&redis), "redis, snapshots alone").await;
    assert_eq!(redis.cli(&["SAVE"]).await, "OK");
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_without(RECENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synced_every_second_nothing_is_lost_when_the_process_is_killed() {
    let mut redis = RedisServer::start(RedisSpec::every_second()).await;
    let mut scene = Scene::set(on(&redis), "appendfsync everysec").await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_with_all().await;
}

/// No test can cut the power. What is left after that is a file without its end: cut within a transaction, as it may be.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_synced_yet_is_lost_with_the_machine() {
    const TORN: u64 = 50;
    let mut redis = RedisServer::start(RedisSpec::every_second()).await;
    let mut scene = Scene::set(on(&redis), "appendfsync everysec").await;
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
    let mut scene = Scene::set(on(&redis), "appendfsync always").await;
    scene.accepts_recent().await;
    dies_and_comes_back(&mut redis).await;
    scene.ends_with_all().await;
}
