//! How wallets behave in these scenarios.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use protocols::client;
use protocols::pickup::V2_0;
use testkit::{Frame, Heard, History, Item, Server, Socket, Wallet, Words};
use tokio::time::{sleep, timeout};

/// Messages that Credo asks for at a time.
pub const CREDO_BATCH: i64 = 10;

/// Nothing that a scenario waits for takes longer.
pub const COMES_WITHIN: Duration = Duration::from_secs(120);

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until this holds.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            sleep(LOOK_EVERY).await;
        }
    };
    assert!(timeout(COMES_WITHIN, waiting).await.is_ok(), "in vain: {what}");
}

/// The question how much waits.
pub fn status(wallet: &Wallet) -> Vec<u8> {
    client::status_request(&V2_0, &wallet.agent().id(), None)
}

/// The request for some mail.
pub fn delivery(wallet: &Wallet, limit: i64) -> Vec<u8> {
    client::delivery_request(&V2_0, &wallet.agent().id(), limit, None)
}

/// The acknowledgement of this mail.
pub fn received(wallet: &Wallet, items: &[Item]) -> Vec<u8> {
    let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
    client::messages_received(&V2_0, &wallet.agent().id(), &ids)
}

/// Fetches everything over HTTP with Credo's words, and says how much that was.
pub async fn drain(wallet: &Wallet) -> usize {
    let mut fetched = 0;
    let mut words = wallet.ask(&status(wallet)).await;
    loop {
        match &words {
            Words::Status { messages: 0, .. } => return fetched,
            Words::Status { .. } => words = wallet.ask(&delivery(wallet, CREDO_BATCH)).await,
            Words::Delivery { items, .. } => {
                fetched += items.len();
                words = wallet.ask(&received(wallet, items)).await;
            }
            other => panic!("a wallet that drains heard {other:?}"),
        }
    }
}

/// Fetches what waits on a socket, goes live, and acknowledges what comes. Returns how the socket ended.
pub async fn live(wallet: &Wallet, socket: &mut Socket) -> Frame {
    let mut is_live = false;
    socket.say(&status(wallet)).await;
    loop {
        let words = match socket.hear().await {
            Frame::Heard(Heard::Words(words)) => words,
            Frame::Heard(Heard::Mail(parcel)) => panic!("{parcel:?} came bare to a live wallet"),
            end => return end,
        };
        match words {
            Words::Delivery { items, .. } => socket.say(&received(wallet, &items)).await,
            Words::Status { messages: 1.., .. } => socket.say(&delivery(wallet, CREDO_BATCH)).await,
            Words::Status { .. } if !is_live => {
                is_live = true;
                socket.say(&client::live_delivery_change(&V2_0, &wallet.agent().id(), true)).await;
            }
            Words::Status { .. } => {}
            other => panic!("a live wallet heard {other:?}"),
        }
    }
}

/// A live wallet that listens in the background, until its task is aborted or its socket ends.
pub async fn listening(wallet: &Arc<Wallet>) -> tokio::task::JoinHandle<Frame> {
    let mut socket = wallet.dial().await;
    let wallet = wallet.clone();
    tokio::spawn(async move { live(&wallet, &mut socket).await })
}

/// Runs a scenario to its end and checks its history. Nothing may be missing, and nothing else wrong.
pub async fn kept_promise(history: &History, settled: impl Future<Output = ()>) {
    settled.await;
    assert_eq!(history.violations(), [], "{}", history.story());
}

/// A server, a wallet that is mediated by it, and what happens between them.
pub async fn one_wallet(server: &Server) -> (Arc<Wallet>, History) {
    let history = History::default();
    (Arc::new(Wallet::join(server, 1, &history).await), history)
}

/// A sender that nobody knows: it posts forwards.
pub fn sender(server: &Server, history: &History) -> Wallet {
    Wallet::stranger(server.address(), 99, history)
}

/// Sends these, each of which has to be accepted.
pub async fn send_all(sender: &Wallet, to: &Wallet, numbers: std::ops::Range<u32>) {
    for number in numbers {
        assert!(sender.send(to.agent(), number).await, "message {number} was not accepted");
    }
}

/// The numbers of these parcels.
pub fn numbers(items: &[Item]) -> Vec<u32> {
    items.iter().map(|item| item.parcel.expect("mail of this test").number).collect()
}
