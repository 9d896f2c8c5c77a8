//! A first message that comes before the keylist update of its recipient.

use std::time::Duration;

use protocols::Handshake;
use testkit::{History, Parcel, Posted, Server, ServerOptions, Wallet};
use tokio::time::sleep;

use crate::habits::{drain, kept_promise, sender};

/// A wallet that is granted mediation and has not listed its key.
async fn unlisted(server: &Server, history: &History) -> Wallet {
    let wallet = Wallet::connected(server, 1, history, Handshake::DidExchange11, None).await;
    wallet.be_granted().await;
    wallet
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_before_its_key_waits_for_it() {
    let server = Server::start_with(ServerOptions::with(&["mediation.patience=20s"])).await;
    let history = History::default();
    let wallet = unlisted(&server, &history).await;
    let sender = sender(&server, &history);
    let sending = sender.send(wallet.agent(), 0);
    let listing = async {
        // Nothing tells from outside that the forward waits; should it come late, the test is easier and no less true.
        sleep(Duration::from_millis(300)).await;
        wallet.list_key().await;
    };
    let (accepted, ()) = tokio::join!(sending, listing);
    assert!(accepted);
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, 1) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_key_never_comes_is_refused() {
    let server = Server::start_with(ServerOptions::with(&["mediation.patience=100ms"])).await;
    let history = History::default();
    let wallet = unlisted(&server, &history).await;
    let parcel = Parcel { to: 1, number: 0 };
    let posted =
        sender(&server, &history).send_envelope(wallet.agent(), parcel, &parcel.write()).await;
    assert!(matches!(posted, Posted::Refused(404, _)), "{posted:?}");
    assert_eq!(drain(&wallet).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing_where_the_operator_wants_that() {
    let settings = ["mediation.patience=100ms", "mediation.refuse_unknown=false"];
    let server = Server::start_with(ServerOptions::with(&settings)).await;
    let wallet = unlisted(&server, &History::default()).await;
    let parcel = Parcel { to: 1, number: 0 };
    let forward = wallet.agent().forward_envelope(&parcel.write());
    assert_eq!(wallet.post(&forward).await, Posted::Accepted);
    assert_eq!(drain(&wallet).await, 0);
}
