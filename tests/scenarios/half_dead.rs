//! A socket that is dead without anybody being told: nothing that went into it is lost.

use testkit::{Flow, Frame, History, Proxy, Server, ServerOptions, Wallet, Weather};

use protocols::client;

use crate::habits::{drain, kept_promise, listening, one_wallet, send_all, sender, until};

/// A mediator that gives up on a dead peer soon.
fn impatient() -> ServerOptions {
    ServerOptions::with(&["pickup.ping_every=1s", "pickup.ping_patience=2s", "pickup.lease=10s"])
}

async fn through(proxy: &Proxy, wallet: &Wallet) -> Wallet {
    wallet.by_way_of(proxy.address())
}

async fn has(history: &History, messages: usize) {
    until("the wallet has its mail", async || {
        history.accepted_count() - history.missing().len() >= messages
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_implicit_wallet_gets_what_went_into_a_half_dead_socket() {
    let server = Server::start_with(impatient()).await;
    let (wallet, history) = one_wallet(&server).await;
    let sender = sender(&server, &history);
    let proxy = Proxy::before(server.address()).await.expect("a proxy");
    for weather in [Weather::HALF_DEAD, Weather { up: Flow::Pass, down: Flow::Swallow }] {
        let first = history.accepted_count() as u32;
        let mut socket = through(&proxy, &wallet).await.dial().await;
        socket.say(&client::ping(&wallet.agent().id(), false)).await;
        let listener = tokio::spawn(async move { socket.end().await });
        send_all(&sender, &wallet, first..first + 5).await;
        has(&history, first as usize + 5).await;
        proxy.strand(weather);
        send_all(&sender, &wallet, first + 5..first + 15).await;
        // The wallet notices in its own time, and comes back on another socket.
        let mut socket = wallet.dial().await;
        socket.say(&client::ping(&wallet.agent().id(), false)).await;
        let second = tokio::spawn(async move { socket.end().await });
        has(&history, first as usize + 15).await;
        second.abort();
        listener.abort();
    }
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_dead_socket_is_let_go_and_its_mail_with_it() {
    let server = Server::start_with(impatient()).await;
    let (wallet, history) = one_wallet(&server).await;
    let proxy = Proxy::before(server.address()).await.expect("a proxy");
    let mut socket = through(&proxy, &wallet).await.dial().await;
    // Answered: from here on the mediator knows that this socket is implicit.
    socket.ask(&client::ping(&wallet.agent().id(), true)).await;
    proxy.set(Weather::HALF_DEAD);
    send_all(&sender(&server, &history), &wallet, 0..10).await;
    // Nobody displaces the dead session: it has to end by itself before the mail can be had by polling.
    kept_promise(&history, until("the mail comes back", async || drain(&wallet).await == 10)).await;
    assert_eq!(history.repeated(), []);
    drop(socket);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_wallet_gets_on_a_new_socket_what_went_into_a_half_dead_one() {
    let server = Server::start_with(impatient()).await;
    let (wallet, history) = one_wallet(&server).await;
    let sender = sender(&server, &history);
    let proxy = Proxy::before(server.address()).await.expect("a proxy");
    let stranded = listening(&std::sync::Arc::new(through(&proxy, &wallet).await)).await;
    send_all(&sender, &wallet, 0..5).await;
    has(&history, 5).await;
    proxy.strand(Weather::HALF_DEAD);
    send_all(&sender, &wallet, 5..20).await;
    let listener = listening(&wallet).await;
    has(&history, 20).await;
    send_all(&sender, &wallet, 20..25).await;
    has(&history, 25).await;
    kept_promise(&history, async {}).await;
    listener.abort();
    stranded.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_displaced_is_told_so() {
    let server = Server::start().await;
    let (wallet, _history) = one_wallet(&server).await;
    let mut old = wallet.dial().await;
    old.ask(&crate::habits::status(&wallet)).await;
    let mut new = wallet.dial().await;
    new.ask(&crate::habits::status(&wallet)).await;
    assert_eq!(old.end().await, Frame::Closed(Some(4001)));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_in_an_answer_that_never_arrives_is_not_lost() {
    let server = Server::start_with(ServerOptions::with(&[
        "transport.receipt_timeout=1s",
        "pickup.request_lease=2s",
    ]))
    .await;
    let (wallet, history) = one_wallet(&server).await;
    send_all(&sender(&server, &history), &wallet, 0..30).await;
    let proxy = Proxy::before(server.address()).await.expect("a proxy");
    proxy.set(Weather { up: Flow::Pass, down: Flow::ResetAfter(1_000) });
    let unlucky = through(&proxy, &wallet).await;
    let batch = client::batch_pickup(&wallet.agent().id(), 30);
    assert_eq!(unlucky.request(&batch).await, None);
    kept_promise(&history, async {
        until("the mail comes back", async || {
            wallet.ask(&client::batch_pickup(&wallet.agent().id(), 30)).await.items().len() == 30
        })
        .await;
    })
    .await;
}
