//! How a socket shows how it wants its mail, and that it is taken at its word.

use std::time::Duration;

use protocols::client;
use protocols::pickup::V2_0;
use testkit::{Frame, Heard, History, Server, Socket, Wallet, Words};

use crate::habits::{
    delivery, drain, kept_promise, numbers, one_wallet, received, send_all, sender, status,
};

/// A push takes milliseconds; what has not come by then does not come.
const SILENCE: Duration = Duration::from_millis(300);

async fn hears_nothing(socket: &mut Socket) {
    let heard = socket.hear_within(SILENCE).await;
    assert_eq!(heard, None, "nothing was asked for");
}

async fn hears_bare(socket: &mut Socket, number: u32) {
    match socket.hear().await {
        Frame::Heard(Heard::Mail(parcel)) => assert_eq!(parcel.number, number),
        other => panic!("no bare mail but {other:?}"),
    }
}

/// A socket that has asked for bare envelopes.
async fn implicit(wallet: &Wallet) -> Socket {
    let mut socket = wallet.dial().await;
    socket.ask(&client::ping(&wallet.agent().id(), true)).await;
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn any_pickup_message_ends_bare_envelopes_for_good() {
    let server = Server::start().await;
    let history = History::default();
    let sender = sender(&server, &history);
    let pickup: [fn(&Wallet) -> Vec<u8>; 5] = [
        status,
        |wallet| delivery(wallet, 5),
        |wallet| received(wallet, &[]),
        |wallet| client::live_delivery_change(&V2_0, &wallet.agent().id(), false),
        |wallet| client::batch_pickup(&wallet.agent().id(), 5),
    ];
    for (place, words) in (0..).zip(pickup) {
        let wallet = Wallet::join(&server, place, &history).await;
        let mut socket = implicit(&wallet).await;
        send_all(&sender, &wallet, 0..1).await;
        hears_bare(&mut socket, 0).await;
        socket.ask(&words(&wallet)).await;
        // Not even a ping turns it back.
        socket.ask(&client::ping(&wallet.agent().id(), true)).await;
        send_all(&sender, &wallet, 1..2).await;
        hears_nothing(&mut socket).await;
        let asked = socket.ask(&delivery(&wallet, 5)).await;
        assert_eq!(numbers(asked.items()), [1], "after message {place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_http_ends_no_live_session() {
    let server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let sender = sender(&server, &history);
    let mut socket = wallet.dial().await;
    socket.ask(&client::live_delivery_change(&V2_0, &wallet.agent().id(), true)).await;
    for number in 0..3 {
        assert_eq!(drain(&wallet).await, 0);
        wallet.request(&client::noop(&wallet.agent().id())).await;
        send_all(&sender, &wallet, number..number + 1).await;
        let pushed = socket.words().await;
        assert!(matches!(pushed, Words::Delivery { thread: None, .. }), "{pushed:?}");
        // What is in flight on the live session is neither counted nor handed out over HTTP.
        assert!(matches!(wallet.ask(&status(&wallet)).await, Words::Status { messages: 0, .. }));
        wallet.ask(&received(&wallet, pushed.items())).await;
    }
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_live_mode_nothing_is_pushed_to_a_socket_that_asks() {
    let server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let mut socket = wallet.dial().await;
    socket.ask(&status(&wallet)).await;
    send_all(&sender(&server, &history), &wallet, 0..3).await;
    hears_nothing(&mut socket).await;
    assert!(matches!(socket.ask(&status(&wallet)).await, Words::Status { messages: 3, .. }));
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, 3) }).await;
}
