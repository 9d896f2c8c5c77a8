//! Docks and mediators call each other over TLS, with certificates of an authority that only the operator knows.

use std::sync::Arc;
use std::time::Duration;

use protocols::client;
use servers::Certificates;
use tempfile::TempDir;
use testkit::{Frame, History, Server, ServerOptions, Wallet};

use crate::habits::{kept_promise, listening, send_all, sender, until};
use crate::harbour::{any_address, until_drained};
use crate::pier::{KEY, believes, signs};
use crate::tls_before::tls_before;

/// A mediator and a dock, and TLS before both.
struct Scene {
    mediator: Server,
    dock: Server,
    _folder: TempDir,
}

impl Scene {
    /// Whoever is to trust the authority is told so.
    async fn set(dock_trusts: bool, mediator_trusts: bool) -> Self {
        let folder = TempDir::new().expect("a directory");
        let certificates = Certificates::make(folder.path());
        let (door, private) = (any_address(), any_address());
        let before_door = tls_before(door, &certificates).await;
        let before_private = tls_before(private, &certificates).await;
        let trusting = |options: ServerOptions, trusts: bool, setting: &str| match trusts {
            true => options.and(&[&format!("{setting}={}", certificates.ca.display())]),
            false => options,
        };
        let mediator = trusting(believes(KEY, door), mediator_trusts, "docks.cacerts");
        let mediator = Server::start_with(mediator).await;
        let dock = signs(KEY, before_door).and(&[
            &format!("dock.connect_uri=https://{before_door}/dock/connect"),
            &format!("dock.message_uri=https://{before_door}/dock/message"),
            &format!("dock.disconnect_uri=https://{before_door}/dock/disconnect"),
            &format!("dock.private_listen={private}"),
            &format!("dock.endpoint=https://{before_private}"),
            "dock.patience=2s",
        ]);
        let dock = Server::start_with(trusting(dock, dock_trusts, "dock.cacerts")).await;
        Self { mediator, dock, _folder: folder }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_reaches_a_live_wallet() {
    let scene = Scene::set(true, true).await;
    let history = History::default();
    let wallet = Wallet::join(&scene.mediator, 1, &history).await;
    let live = Arc::new(wallet.by_way_of(scene.dock.address()));
    let listening = listening(&live).await;
    send_all(&sender(&scene.mediator, &history), &wallet, 0..10).await;
    until("all has come", async || history.missing().is_empty()).await;
    kept_promise(&history, async {}).await;
    listening.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dock_tells_nothing_to_whom_it_does_not_trust() {
    let scene = Scene::set(false, true).await;
    let wallet = Wallet::join(&scene.mediator, 1, &History::default()).await;
    let mut socket = wallet.by_way_of(scene.dock.address()).dial().await;
    socket.say(&client::ping(&wallet.agent().id(), true)).await;
    assert_eq!(socket.end().await, Frame::Closed(Some(1013)));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_kept_from_a_dock_that_its_mediator_does_not_trust() {
    let scene = Scene::set(true, false).await;
    let history = History::default();
    let wallet = Wallet::join(&scene.mediator, 1, &history).await;
    let mut socket = wallet.by_way_of(scene.dock.address()).dial().await;
    socket.say(&client::noop(&wallet.agent().id())).await;
    send_all(&sender(&scene.mediator, &history), &wallet, 0..3).await;
    let heard = socket.hear_within(Duration::from_secs(1)).await;
    assert!(!matches!(heard, Some(Frame::Heard(_))), "it was sent to whom nobody certifies");
    // The mediator takes the dock for gone, and with it this socket.
    until_drained(&wallet, &history).await;
    kept_promise(&history, async {}).await;
}
