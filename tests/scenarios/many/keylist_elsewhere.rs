//! A key that is listed, or removed, at one instance is so at all others before the wallet is told.

use testkit::{Fleet, History, Posted};

use super::engine::{Engine, joined, post, sender_at};
use super::with_every_engine;
use crate::habits::{drain, kept_promise};

const ROUNDS: u32 = 20;

pub async fn a_change_at_one_instance_counts_at_the_other_at_once(engine: Engine) {
    // A forward that would have to wait for the news is refused instead.
    let options = engine.options(&["mediation.patience=1ms"]);
    let fleet = Fleet::start(2, &options).await;
    let history = History::default();
    let wallet = joined(fleet[0].address(), 1, &history).await;
    let sender = sender_at(fleet[1].address(), &history);
    let key = wallet.agent().mail_key().to_did_key();
    for number in 0..ROUNDS {
        assert_eq!(post(&sender, &wallet, number).await, Posted::Accepted, "round {number}");
        wallet.update_keys(&[(&key, false)]).await;
        let refused = post(&sender, &wallet, number + ROUNDS).await;
        assert!(matches!(refused, Posted::Refused(404, _)), "round {number}: {refused:?}");
        wallet.update_keys(&[(&key, true)]).await;
    }
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, ROUNDS as usize) }).await;
}

with_every_engine!(a_change_at_one_instance_counts_at_the_other_at_once);
