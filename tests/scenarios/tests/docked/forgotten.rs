//! Redis forgets everything while docks that share it hold sockets: what is accepted afterwards arrives.

use std::sync::Arc;
use std::time::Duration;

use servers::Postgres;
use testkit::{History, Posted, Wallet};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::habits::{live, until};
use crate::harbour::but_for_repetitions;
use crate::pier::{Engine, Pier};

const SHARED_OUT_WITHIN: Duration = Duration::from_secs(4);

/// Who could get mail, if nobody was known?
async fn known_elsewhere() -> String {
    format!("store.keylists={}", Postgres::shared().await.database().await)
}

/// A wallet that is live, and dials again whenever its socket ends.
fn stays_live(wallet: Wallet) -> JoinHandle<()> {
    let wallet = Arc::new(wallet);
    tokio::spawn(async move {
        loop {
            if let Ok(mut socket) = wallet.try_dial().await {
                // How it ended is not what this is about.
                live(&wallet, &mut socket).await;
            }
            sleep(Duration::from_millis(200)).await;
        }
    })
}

/// Redis forgets all it has, and then everybody at these docks is written to.
async fn everybody_gets_what_is_accepted_afterwards(mut pier: Pier) {
    let history = History::default();
    let wallets = pier.wallets(6, &history).await;
    let places = pier.places();
    let place = |number: usize| places[number % places.len()];
    let live = wallets.iter().enumerate();
    let live: Vec<_> = live.map(|(n, wallet)| stays_live(wallet.by_way_of(place(n)))).collect();
    let sender = Wallet::stranger(pier.gates()[0], 99, &history);
    let all_arrive = async |number: u32| {
        for wallet in &wallets {
            until("mail is accepted", async || {
                let parcel = testkit::Parcel { to: wallet.agent().number, number };
                let posted = sender.send_envelope(wallet.agent(), parcel, &parcel.write()).await;
                posted == Posted::Accepted
            })
            .await;
        }
        until("all has come", async || history.missing().is_empty()).await;
    };
    all_arrive(0).await;
    // Mediators that have just started still share the sockets out.
    sleep(SHARED_OUT_WITHIN).await;
    assert_eq!(pier.redis().cli(&["FLUSHALL"]).await, "OK");
    for number in 1..4 {
        all_arrive(number).await;
    }
    // What was on its way when it forgot may come once more.
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
    live.iter().for_each(JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_docks_on_a_native_link() {
    let keylists = known_elsewhere().await;
    let pier = Pier::native_with(Engine::redis().await, 2, 2, &[], &[&keylists]).await;
    everybody_gets_what_is_accepted_afterwards(pier).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_docks_that_call() {
    let pier = Pier::signed_with(2, 2, &[&known_elsewhere().await]).await;
    everybody_gets_what_is_accepted_afterwards(pier).await;
}
