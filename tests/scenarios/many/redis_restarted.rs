//! Redis restarts: with persistence nothing is lost; without it, what is lost is never mistaken for something else.

use std::time::Duration;

use servers::{Postgres, RedisServer, RedisSpec};
use testkit::{Fleet, History, Load, Plan, ServerOptions, Wallet, Words};
use tokio::time::sleep;

use super::engine::{Engine, joined, sender_at};
use crate::habits::{delivery, kept_promise, listening, numbers, received, send_all, until};

const AWAY_FOR: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn with_persistence_nothing_is_lost() {
    let mut engine = Engine::redis().await;
    let fleet = engine.fleet(2).await;
    let history = History::default();
    let load = Load::start(&fleet.addresses(), Plan::default(), &history).await;
    load.goes_on_for(100).await;
    engine.kill().await;
    sleep(AWAY_FOR).await;
    engine.restart().await;
    load.goes_on_for(100).await;
    engine.restart().await;
    load.goes_on_for(100).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert_eq!(settled.ends, [], "sockets stay open");
}

/// Mail in a Redis that keeps nothing, keylists and connections in PostgreSQL.
async fn forgetful() -> (RedisServer, ServerOptions) {
    let redis = RedisServer::start(RedisSpec::plain()).await;
    let keylists = format!("store.keylists={}", Postgres::shared().await.database().await);
    let options = ServerOptions::with(&[&keylists]).on(redis.url());
    (redis, options)
}

async fn ids(wallet: &Wallet) -> Vec<String> {
    let words = wallet.ask(&delivery(wallet, 10)).await;
    words.items().iter().map(|item| item.id.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_it_new_mail_gets_no_old_id() {
    let (mut redis, options) = forgetful().await;
    let fleet = Fleet::start(2, &options.and(&["pickup.delivery_lease=1ms"])).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let sender = sender_at(fleet[1].address(), &history);
    send_all(&sender, &wallet, 0..5).await;
    let old = ids(&wallet).await;
    assert_eq!(old.len(), 5);
    redis.restart().await;
    send_all(&sender, &wallet, 5..10).await;
    let new = ids(&wallet).await;
    assert_eq!(new.len(), 5, "what was there is lost, and nothing else");
    assert!(new.iter().all(|id| !old.contains(id)), "{old:?} {new:?}");
    // An acknowledgement from before the loss removes nothing that came after it.
    let late =
        protocols::client::messages_received(&protocols::pickup::V2_0, &wallet.agent().id(), &old);
    let left = wallet.ask(&late).await;
    assert!(matches!(left, Words::Status { messages: 5, .. }), "{left:?}");
    let again = wallet.ask(&delivery(&wallet, 10)).await;
    assert_eq!(numbers(again.items()), [5, 6, 7, 8, 9]);
    wallet.ask(&received(&wallet, again.items())).await;
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_it_live_wallets_are_served_again_all_the_same() {
    let (mut redis, options) = forgetful().await;
    let fleet = Fleet::start(2, &options).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let sender = sender_at(fleet[1].address(), &history);
    let first = listening(&wallet).await;
    send_all(&sender, &wallet, 0..5).await;
    until("all came", async || history.missing().is_empty()).await;
    redis.restart().await;
    // Whether the old session survives or is sent away: the wallet that comes back is live.
    send_all(&sender, &wallet, 5..10).await;
    let second = listening(&wallet).await;
    send_all(&sender, &wallet, 10..15).await;
    kept_promise(&history, until("all came", async || history.missing().is_empty())).await;
    [first, second].iter().for_each(tokio::task::JoinHandle::abort);
}
