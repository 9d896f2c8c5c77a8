//! With a spool, mail is accepted while the engine is away, and comes in its order when it is back.

use std::time::Duration;

use tempfile::TempDir;
use testkit::{Fleet, History, Posted};

use super::engine::{Engine, joined, post, sender_at};
use super::with_own_engines;
use crate::habits::{kept_promise, listening, until};

async fn mail_is_accepted_meanwhile_and_comes_in_its_order(mut engine: Engine) {
    let place = TempDir::with_prefix("spool-").expect("a directory");
    let spool = format!("spool.directory={}", place.path().join("spool").display());
    let mut fleet = Fleet::start(1, &engine.options(&[&spool])).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let stranger = joined(fleet[0].address(), 2, &history).await;
    let sender = sender_at(fleet[0].address(), &history);
    let live = listening(&wallet).await;
    assert_eq!(post(&sender, &wallet, 0).await, Posted::Accepted);
    engine.kill().await;
    for number in 1..4 {
        assert_eq!(post(&sender, &wallet, number).await, Posted::Accepted, "{number}");
    }
    assert_eq!(post(&sender, &stranger, 0).await, Posted::Cut, "its key was never asked for");
    // The spool outlives the process.
    fleet[0].kill();
    engine.restart().await;
    fleet[0].start_again().await;
    live.abort();
    let live = listening(&wallet).await;
    assert_eq!(post(&sender, &wallet, 4).await, Posted::Accepted);
    kept_promise(&history, until("all came", async || history.missing().is_empty())).await;
    assert!(history.longest_delay() < Duration::from_secs(60));
    live.abort();
}

with_own_engines!(mail_is_accepted_meanwhile_and_comes_in_its_order);
