//! Two wallets on the same mediator write to each other.

use std::sync::Arc;

use testkit::{History, Server, Wallet};

use crate::habits::{drain, kept_promise, listening, send_all, until};

const MESSAGES: u32 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn two_live_wallets_get_each_others_mail_once_and_in_order() {
    let server = Server::start().await;
    let history = History::default();
    let alice = Arc::new(Wallet::join(&server, 1, &history).await);
    let bob = Arc::new(Wallet::join(&server, 2, &history).await);
    let ears = [listening(&alice).await, listening(&bob).await];
    tokio::join!(send_all(&alice, &bob, 0..MESSAGES), send_all(&bob, &alice, 0..MESSAGES));
    kept_promise(&history, until("both have all", async || history.missing().is_empty())).await;
    assert_eq!(history.repeated(), []);
    ears.into_iter().for_each(|ear| ear.abort());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_writes_while_the_other_is_away() {
    let server = Server::start().await;
    let history = History::default();
    let alice = Arc::new(Wallet::join(&server, 1, &history).await);
    let bob = Wallet::join(&server, 2, &history).await;
    let ear = listening(&alice).await;
    send_all(&alice, &bob, 0..MESSAGES).await;
    kept_promise(&history, async { assert_eq!(drain(&bob).await, MESSAGES as usize) }).await;
    assert_eq!(history.repeated(), []);
    ear.abort();
}
