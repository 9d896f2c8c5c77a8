//! SIGTERM: sockets are told, work in hand is finished, the process ends well, and nothing is lost.

use std::sync::Arc;

use testkit::{Frame, Server, Wallet};

use crate::habits::{drain, kept_promise, listening, one_wallet, sender, until};

/// Sends until the mediator is gone.
async fn until_it_is_gone(sender: Wallet, to: Arc<Wallet>) {
    for number in 0.. {
        if !sender.send(to.agent(), number).await {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_end_does_so_and_loses_nothing() {
    let mut server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let ear = listening(&wallet).await;
    let traffic = tokio::spawn(until_it_is_gone(sender(&server, &history), wallet.clone()));
    until("traffic flows", async || history.accepted_count() > 50).await;
    server.terminate();
    assert_eq!(ear.await.expect("the wallet sees the end"), Frame::Closed(Some(1001)));
    assert_eq!(server.ended().await, Some(0));
    traffic.await.expect("the sender notices");
    server.start_again().await;
    kept_promise(&history, async {
        drain(&wallet).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_nothing_to_do_ends_at_once() {
    let mut server = Server::start().await;
    server.terminate();
    assert_eq!(server.ended().await, Some(0));
}
