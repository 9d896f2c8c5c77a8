//! A long absence: thousands of messages, fetched by tens.

use testkit::Server;

use crate::habits::{drain, kept_promise, one_wallet, sender};

const MESSAGES: u32 = 5_000;
const SENDERS: u32 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_messages_are_fetched_by_tens() {
    let server = Server::start().await;
    let (wallet, history) = one_wallet(&server).await;
    let senders: Vec<_> = (0..SENDERS)
        .map(|place| {
            let (wallet, sender) = (wallet.clone(), sender(&server, &history));
            let numbers = place * MESSAGES / SENDERS..(place + 1) * MESSAGES / SENDERS;
            tokio::spawn(async move { crate::habits::send_all(&sender, &wallet, numbers).await })
        })
        .collect();
    for sender in senders {
        sender.await.expect("everything is accepted");
    }
    kept_promise(&history, async { assert_eq!(drain(&wallet).await, MESSAGES as usize) }).await;
    assert_eq!(history.repeated(), []);
}
