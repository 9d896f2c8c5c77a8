//! Mail in one engine, keylists and connections in another.

use servers::{Postgres, RedisServer, RedisSpec};
use testkit::{Fleet, History, Load, Plan, ServerOptions};

use super::engine::{joined, sender_at};
use crate::habits::{drain, kept_promise, send_all};

/// Two engines, each for a part.
struct Pair {
    redis: RedisServer,
    database: String,
}

impl Pair {
    async fn start() -> Self {
        let redis = RedisServer::start(RedisSpec::durable()).await;
        Self { redis, database: Postgres::shared().await.database().await }
    }

    fn mail_in_redis(&self) -> ServerOptions {
        let keylists = format!("store.keylists={}", self.database);
        ServerOptions::with(&[&keylists]).on(self.redis.url())
    }

    fn mail_in_postgres(&self) -> ServerOptions {
        let keylists = format!("store.keylists={}", self.redis.url());
        ServerOptions::with(&[&keylists]).on(self.database.clone())
    }
}

async fn live_wallets_lose_nothing_when_instances_die(options: ServerOptions) {
    let mut fleet = Fleet::start(2, &options).await;
    let history = History::default();
    let load = Load::start(&fleet.addresses(), Plan::default(), &history).await;
    load.goes_on_for(100).await;
    fleet[0].kill();
    load.goes_on_for(100).await;
    fleet[0].start_again().await;
    load.goes_on_for(100).await;
    // One who joins now is known everywhere, and so is its key.
    let wallet = joined(fleet[0].address(), 50, &history).await;
    send_all(&sender_at(fleet[1].address(), &history), &wallet, 0..5).await;
    assert_eq!(drain(&wallet.by_way_of(fleet[1].address())).await, 5);
    load.settle().await;
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_mail_in_redis_and_keylists_in_postgres() {
    let pair = Pair::start().await;
    live_wallets_lose_nothing_when_instances_die(pair.mail_in_redis()).await;
    let mailboxes = pair.redis.cli(&["--scan", "--pattern", "*:box"]).await;
    assert!(!mailboxes.is_empty(), "mail is not in Redis");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_mail_in_postgres_and_keylists_in_redis() {
    let pair = Pair::start().await;
    live_wallets_lose_nothing_when_instances_die(pair.mail_in_postgres()).await;
    let mailboxes = pair.redis.cli(&["--scan", "--pattern", "*:box"]).await;
    assert_eq!(mailboxes, "", "mail is in Redis");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_known_keys_is_taken_while_the_engine_of_the_keylists_is_away() {
    let pair = Pair::start().await;
    let fleet = Fleet::start(2, &pair.mail_in_postgres()).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let sender = sender_at(fleet[1].address(), &history);
    send_all(&sender, &wallet, 0..1).await;
    pair.redis.pause();
    send_all(&sender, &wallet, 1..5).await;
    pair.redis.resume();
    assert_eq!(drain(&wallet).await, 5);
    kept_promise(&history, async {}).await;
}
