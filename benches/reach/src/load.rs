//! Wallets and senders that make work for the process under measurement.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use protocols::{Handshake, client, pickup};
use testkit::{Agent, History, Parcel, Posted, Wallet, Words};

/// Forwards are sealed so many at a time, so that a large load needs no large memory.
const SEALED_AT_A_TIME: u32 = 20_000;

/// Bytes of an inner envelope that make a forward of about 2 KB.
const INNER: usize = 1_150;

/// An HTTP client for any number of wallets.
pub fn client() -> reqwest::Client {
    // Shorter than anybody keeps his end open, lest a request meets a connection that is just closed.
    let resting = std::time::Duration::from_secs(30);
    reqwest::Client::builder().pool_idle_timeout(resting).build().expect("an HTTP client")
}

/// A wallet that is connected, mediated, and has listed its key.
pub async fn wallet(address: SocketAddr, number: u32) -> Wallet {
    wallet_over(client(), address, number).await
}

/// The same over a client that it shares with others.
pub async fn wallet_over(http: reqwest::Client, address: SocketAddr, number: u32) -> Wallet {
    let wallet = Wallet::stranger_over(http, address, number, &History::default());
    let invited = wallet.invitation().await;
    let request = wallet.agent().request(Handshake::DidExchange11, &invited, None);
    let answer = match wallet.post(&request.envelope).await {
        Posted::Answered(answer) => answer,
        other => panic!("no response to a handshake: {other:?}"),
    };
    wallet.agent().accept(&request, &invited, &answer).expect("a response");
    wallet.be_mediated().await;
    wallet
}

/// Sealed forwards of about 2 KB each for the wallet, made before the clock runs.
pub fn sealed(wallet: &Wallet, numbers: std::ops::Range<u32>) -> Vec<Bytes> {
    numbers.map(|number| sealed_one(wallet.agent(), number)).collect()
}

/// A sealed forward of about 2 KB.
pub fn sealed_one(agent: &Agent, number: u32) -> Bytes {
    let parcel = Parcel { to: agent.number, number };
    agent.forward_envelope(&parcel.write_padded(INNER))
}

/// Posts `count` forwards over `connections` connections and waits until all are accepted; returns the seconds of posting.
pub async fn fill(wallet: &Arc<Wallet>, count: u32, connections: usize) -> f64 {
    let mut seconds = 0.0;
    let mut from = 0;
    while from < count {
        let to = (from + SEALED_AT_A_TIME).min(count);
        let forwards = sealed(wallet, from..to);
        let started = tokio::time::Instant::now();
        stream::iter(forwards)
            .for_each_concurrent(connections, |forward| post(wallet, forward))
            .await;
        seconds += started.elapsed().as_secs_f64();
        from = to;
    }
    seconds
}

/// Posts a forward. One whose connection was cut is posted again, which does not make it two: a connection rests as long as it takes
/// to seal the next forwards, and the mediator may have closed it by then.
async fn post(wallet: &Wallet, forward: Bytes) {
    let mut posted = wallet.post(&forward).await;
    if posted == Posted::Cut {
        posted = wallet.post(&forward).await;
    }
    assert_eq!(posted, Posted::Accepted);
}

/// Drains up to `count` messages as Credo does: ten at a time, each batch acknowledged before the next is asked for.
pub async fn drain(wallet: &Wallet, count: usize) -> usize {
    let agent = wallet.agent();
    let mut drained = 0;
    while drained < count {
        let answer =
            wallet.ask(&client::delivery_request(&pickup::V2_0, &agent.id(), 10, None)).await;
        let Words::Delivery { items, .. } = answer else { break };
        let ids: Vec<String> = items.into_iter().map(|item| item.id).collect();
        drained += ids.len();
        let status = wallet.ask(&client::messages_received(&pickup::V2_0, &agent.id(), &ids)).await;
        assert!(matches!(status, Words::Status { .. }), "no status: {status:?}");
    }
    drained
}
