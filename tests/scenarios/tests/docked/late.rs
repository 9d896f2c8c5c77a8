//! A dock tells what was said on a socket that its mediator has given up meanwhile.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::StatusCode;
use servers::free_port;
use testkit::{History, Server, ServerOptions, Site, Wallet, Words};
use tokio::time::timeout;
use transport::dock::signature::{Keys, sign};

use crate::habits::{delivery, drain, kept_promise, send_all, sender, status, until};
use crate::recorded::{KEY, callback, make};
use crate::wall_clock::now;

/// Mail that was handed over on request is kept from its wallet for ten seconds.
const SOON: Duration = Duration::from_secs(7);

#[tokio::test(flavor = "multi_thread")]
async fn a_request_on_a_socket_that_is_gone_keeps_no_mail_from_its_wallet() {
    let door = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let options = ServerOptions::with(&[&format!("docks.listen={door}")]);
    let server = Server::start_with(options.variable("RESTANTE_DOCKS__KEYS", KEY)).await;
    let dock = Site::open().await;
    // No such socket.
    dock.decide(|_, _| 404);
    let history = History::default();
    let wallet = Wallet::join(&server, 1, &history).await;
    send_all(&sender(&server, &history), &wallet, 0..3).await;
    let keys = Keys::new([KEY]).expect("a long key");
    for number in 1..=3 {
        let body = callback(dock.address(), number, &wallet.agent().seal(&delivery(&wallet, 10)));
        let signed = sign(&keys, now(), body.as_bytes());
        assert_eq!(make(door, &signed, &body).await, StatusCode::OK);
    }
    assert!(dock.count() > 0, "it was tried");
    let is_offered =
        async || matches!(wallet.ask(&status(&wallet)).await, Words::Status { messages: 3, .. });
    assert!(timeout(SOON, until("it is offered", is_offered)).await.is_ok(), "it is kept back");
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, 3) }).await;
}
