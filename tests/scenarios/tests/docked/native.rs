//! Docks and mediators with nothing between them but a store.

use std::time::Duration;

use protocols::client;
use reqwest::{Client, StatusCode};
use testkit::{History, Parcel, Posted, Server, Words};
use tokio::time::sleep;

use crate::habits::{drain, kept_promise, send_all, status, until};
use crate::harbour::{any_address, but_for_repetitions};
use crate::pier::{Engine, Pier};

const GOES_ON_WITHIN: Duration = Duration::from_secs(5 + 1);

/// Docks and cores on a Redis.
async fn pier_of(docks: usize, cores: usize) -> Pier {
    Pier::native(Engine::redis().await, docks, cores, &[]).await
}

/// One of each, the dock with these settings.
async fn one_before_one(settings: &[&str]) -> Pier {
    Pier::native(Engine::redis().await, 1, 1, settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_and_envelopes_go_through_docks() {
    let pier = pier_of(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    load.goes_on_for(400).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
    assert!(history.longest_delay() < Duration::from_secs(5), "{:?}", history.delays());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_back_to_the_dock_that_holds_the_request() {
    let pier = pier_of(2, 1).await;
    let history = History::default();
    let wallet = pier.wallets(1, &history).await.remove(0);
    let here = wallet.by_way_of(pier.docks[0].address());
    let there = wallet.by_way_of(pier.docks[1].address());
    send_all(&here, &wallet, 0..25).await;
    assert_eq!(drain(&there).await, 25);
    // Mail that cannot be acknowledged is gone when the dock has seen that it was taken.
    send_all(&there, &wallet, 25..28).await;
    let batch = here.ask(&client::batch_pickup(&wallet.agent().id(), 10)).await;
    assert_eq!(batch.items().len(), 3, "{batch:?}");
    sleep(Duration::from_secs(1)).await;
    let again = there.ask(&client::batch_pickup(&wallet.agent().id(), 10)).await;
    assert_eq!(again, Words::Batch(Vec::new()));
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_port_shows_the_status_and_nothing_else() {
    let private = any_address();
    let pier = one_before_one(&[&format!("dock.private_listen={private}")]).await;
    let wallet = pier.wallets(1, &History::default()).await.remove(0);
    let _socket = wallet.by_way_of(pier.docks[0].address()).dial().await;
    let http = Client::new();
    let status = http.get(format!("http://{private}/status")).send().await.expect("an answer");
    let status = status.text().await.expect("a status");
    assert!(status.contains(r#""connections":{"active":1,"lifetime":1}"#), "{status}");
    let nobody = "0".repeat(32);
    for path in ["/", "/ws", &format!("/socket/{nobody}/send")] {
        let answer = http.post(format!("http://{private}{path}")).send().await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_every_core_closes_no_socket_and_loses_nothing() {
    let mut pier = pier_of(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    load.goes_on_for(100).await;
    pier.mediators[0].kill();
    pier.mediators[1].kill();
    sleep(Duration::from_secs(2)).await;
    pier.mediators[0].start_again().await;
    load.goes_on_for(200).await;
    pier.mediators[1].start_again().await;
    load.goes_on_for(200).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn replacing_core_after_core_closes_no_socket_and_repeats_nothing() {
    let mut pier = pier_of(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        pier.mediators[place].terminate();
        assert_eq!(pier.mediators[place].ended().await, Some(0));
        pier.mediators[place].start_again().await;
    }
    load.goes_on_for(200).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_killed_and_comes_back_costs_nothing() {
    let mut pier = pier_of(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    load.goes_on_for(100).await;
    pier.redis().kill().await;
    sleep(Duration::from_secs(2)).await;
    pier.redis().restart().await;
    load.goes_on_for(300).await;
    load.settle().await;
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_of_a_dock_that_is_killed_go_on_at_another() {
    let mut pier = pier_of(2, 2).await;
    let history = History::default();
    let load = pier.load(&history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        pier.docks[place].kill();
        load.goes_on_for(300).await;
        pier.docks[place].start_again().await;
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(settled.longest_gap() < GOES_ON_WITHIN, "{settled:?}");
    until("what happened at docks is dealt with", async || pier.queues("dock.in").await.is_empty())
        .await;
    pier.docks.iter_mut().for_each(Server::kill);
    until("nothing is left for docks that are dead", async || {
        pier.queues("dock.out").await.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_a_wallet_that_never_reads_comes_back_and_holds_nobody_up() {
    const MESSAGES: u32 = 60;
    let settings = ["dock.outbox_bytes=256KiB", "transport.write_timeout=500ms"];
    let pier = one_before_one(&settings).await;
    let history = History::default();
    let wallets = pier.wallets(2, &history).await;
    let (slow, other) = (&wallets[0], &wallets[1]);
    let at_the_dock = slow.by_way_of(pier.docks[0].address());
    let mut socket = at_the_dock.dial().await;
    socket.ask(&client::ping(&slow.agent().id(), true)).await;
    for number in 0..MESSAGES {
        let parcel = Parcel { to: slow.agent().number, number };
        let envelope = parcel.write_padded(200_000);
        let posted = at_the_dock.send_envelope(slow.agent(), parcel, &envelope).await;
        assert_eq!(posted, Posted::Accepted);
        send_all(&at_the_dock, other, number..number + 1).await;
    }
    assert_eq!(drain(other).await, MESSAGES as usize);
    // The socket is open all the while, and nobody reads it.
    until("the mail comes back", async || {
        let words = slow.ask(&status(slow)).await;
        matches!(words, Words::Status { messages, .. } if messages == u64::from(MESSAGES))
    })
    .await;
    kept_promise(&history, async { assert_eq!(drain(slow).await, MESSAGES as usize) }).await;
    drop(socket);
}
