//! Killed at any moment: every message that got a 2xx is delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use testkit::{History, Server, Wallet};
use tokio::time::sleep;

use crate::habits::{drain, kept_promise, listening, sender, until};

const KILLS: usize = 4;
const BETWEEN_KILLS: usize = 60;

/// Sends as fast as it can until it is told to stop. What was not accepted is sent again, as a retry of the same envelope.
async fn traffic(sender: Wallet, to: Arc<Wallet>, stop: Arc<AtomicBool>) {
    for number in 0.. {
        while !sender.send(to.agent(), number).await {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            sleep(std::time::Duration::from_millis(5)).await;
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
}

async fn accepted(history: &History, at_least: usize) {
    until("the sender gets on", async || history.accepted_count() >= at_least).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_that_got_a_2xx_survives_kill_9_during_traffic() {
    let mut server = Server::start().await;
    let history = History::default();
    let live = Arc::new(Wallet::join(&server, 1, &history).await);
    let offline = Arc::new(Wallet::join(&server, 2, &history).await);
    let stop = Arc::new(AtomicBool::new(false));
    let senders = [&live, &offline].map(|wallet| {
        tokio::spawn(traffic(sender(&server, &history), wallet.clone(), stop.clone()))
    });
    for round in 1..=KILLS {
        let listener = listening(&live).await;
        accepted(&history, round * BETWEEN_KILLS).await;
        server.kill();
        listener.await.expect("the live wallet sees its socket end");
        server.start_again().await;
    }
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await.expect("the senders come to an end");
    }
    kept_promise(&history, async {
        drain(&live).await;
        drain(&offline).await;
    })
    .await;
    assert!(history.accepted_count() >= KILLS * BETWEEN_KILLS);
}
