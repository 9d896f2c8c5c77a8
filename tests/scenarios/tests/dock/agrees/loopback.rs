//! A dock without anybody behind it.

use testkit::{Server, ServerOptions};
use tokio_tungstenite::tungstenite::Message;

use crate::wallet::Wallet;

#[tokio::test(flavor = "multi_thread")]
async fn every_message_has_the_answer_that_socketdock_gives_by_itself() {
    let dock = Server::start_with(ServerOptions::dock(&["dock.backend=loopback"])).await;
    let (mut one, mut other) =
        (Wallet::dial(dock.address()).await, Wallet::dial(dock.address()).await);
    for wallet in [&mut one, &mut other] {
        for said in ["Hello", "and once more"] {
            wallet.say(said).await;
            assert_eq!(wallet.hear().await, Message::text("Hello yourself"));
        }
    }
}
