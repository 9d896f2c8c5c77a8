//! An instance stands still for longer than it counts as alive, and goes on as if nothing had happened.

use std::sync::Arc;
use std::time::Duration;

use testkit::{Frame, History, Violation};
use tokio::time::sleep;

use super::engine::{Engine, joined, sender_at};
use super::with_every_engine;
use crate::habits::{drain, kept_promise, listening, send_all, until};

/// Longer than an instance counts as alive without a sign of life.
const STOPPED_FOR: Duration = Duration::from_secs(6);

async fn its_socket_gets_nothing_of_what_came_after_the_wallet_went_elsewhere(engine: Engine) {
    let fleet = engine.fleet(2).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let elsewhere = Arc::new(wallet.by_way_of(fleet[1].address()));
    let sender = sender_at(fleet[1].address(), &history);
    let stranded = listening(&wallet).await;
    send_all(&sender, &wallet, 0..5).await;
    until("it is live", async || history.missing().is_empty()).await;
    fleet[0].pause();
    sleep(STOPPED_FOR).await;
    let live = listening(&elsewhere).await;
    send_all(&sender, &wallet, 5..10).await;
    until("all is at the other", async || history.missing().is_empty()).await;
    fleet[0].resume();
    let end = stranded.await.expect("the older socket is let go");
    assert_eq!(end, Frame::Closed(Some(4001)));
    send_all(&sender, &wallet, 10..15).await;
    until("the other goes on", async || history.missing().is_empty()).await;
    live.abort();
    kept_promise(&history, async { assert_eq!(drain(&elsewhere).await, 0) }).await;
    // What it acknowledged last may not have been heard.
    let again = history.repeated();
    let is_older = |it: &Violation| matches!(it, Violation::Repeated(parcel) if parcel.number < 5);
    assert!(again.iter().all(is_older), "{again:?}");
}

with_every_engine!(its_socket_gets_nothing_of_what_came_after_the_wallet_went_elsewhere);
