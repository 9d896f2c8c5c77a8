//! The engine has no room left: mail is not taken, and what was accepted is delivered all the same.

use servers::{RedisServer, RedisSpec};
use testkit::{Fleet, History, Parcel, Posted, ServerOptions, Wallet};

use super::engine::{joined, sender_at};
use crate::habits::{drain, kept_promise, listening, send_all, until};

/// More than an idle Redis has, which is about one.
const MEMORY: &str = "5mb";
const MESSAGE: usize = 50_000;

/// Sends until the mediators take no more, and says how many they took.
async fn fill(sender: &Wallet, to: &Wallet) -> usize {
    for number in 0..1_000 {
        let parcel = Parcel { to: to.agent().number, number };
        let posted = sender.send_envelope(to.agent(), parcel, &parcel.write_padded(MESSAGE)).await;
        if posted != Posted::Accepted {
            assert_eq!(posted, Posted::Cut, "a sender takes any status for the end of it");
            return number as usize;
        }
    }
    panic!("Redis never gets full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_takes_no_mail_and_gives_what_it_has() {
    let redis = RedisServer::start(RedisSpec::durable()).await;
    let options = ServerOptions::with(&["mailbox.store_patience=1s"]).on(redis.url());
    let mut fleet = Fleet::start(2, &options).await;
    let history = History::default();
    let full = joined(fleet[0].address(), 1, &history).await;
    let live = joined(fleet[0].address(), 2, &history).await;
    let sender = sender_at(fleet[1].address(), &history);
    let listening = listening(&live).await;
    send_all(&sender, &live, 0..3).await;
    assert_eq!(redis.cli(&["CONFIG", "SET", "maxmemory", MEMORY]).await, "OK");
    let taken = fill(&sender, &full).await;
    assert!(taken > 0, "there was room");
    assert!(fleet[0].is_running() && fleet[1].is_running());
    assert!(!listening.is_finished(), "sockets stay open");
    // Whoever fetches makes room for what comes next.
    assert_eq!(drain(&full).await, taken);
    send_all(&sender, &live, 3..6).await;
    until("the live wallet has all", async || history.missing().is_empty()).await;
    listening.abort();
    kept_promise(&history, async {}).await;
}
