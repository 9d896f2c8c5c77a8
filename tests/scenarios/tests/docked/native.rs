//! Docks and mediators with nothing between them but a store.

use std::sync::Arc;
use std::time::Duration;

use protocols::client;
use reqwest::{Client, StatusCode};
use servers::{RedisServer, RedisSpec};
use testkit::{Fleet, History, Load, Parcel, Plan, Posted, Server, ServerOptions, Wallet, Words};
use tokio::time::sleep;

use crate::habits::{drain, kept_promise, send_all, status, until};
use crate::harbour::{any_address, but_for_repetitions};

const GOES_ON_WITHIN: Duration = Duration::from_secs(5 + 1);

struct Harbour {
    docks: Vec<Server>,
    cores: Fleet,
    redis: RedisServer,
}

impl Harbour {
    async fn of(docks: usize, cores: usize) -> Self {
        Self::with(docks, cores, &[]).await
    }

    /// With these settings of the docks.
    async fn with(docks: usize, cores: usize, settings: &[&str]) -> Self {
        let redis = RedisServer::start(RedisSpec::durable()).await;
        let core = ServerOptions::with(&["docks.core=true"]).on(redis.url());
        let cores = Fleet::start(cores, &core).await;
        let mut moored = Vec::new();
        for _ in 0..docks {
            moored.push(Server::start_with(ServerOptions::dock(settings).on(redis.url())).await);
        }
        Self { docks: moored, cores, redis }
    }

    /// The keys of queues that begin so, and hold something.
    async fn queues(&self, beginning: &str) -> Vec<String> {
        let pattern = format!("*{beginning}*jobs");
        let keys = self.redis.cli(&["--scan", "--pattern", &pattern]).await;
        keys.lines().filter(|key| key.contains("jobs")).map(str::to_owned).collect()
    }

    async fn wallets(&self, count: u32, history: &History) -> Vec<Arc<Wallet>> {
        let mut wallets = Vec::new();
        for number in 0..count {
            let place = self.cores.addresses()[number as usize % self.cores.len()];
            wallets.push(Arc::new(Wallet::join_at(place, number, history).await));
        }
        wallets
    }

    /// Sockets and envelopes both go by way of the docks.
    async fn load(&self, plan: Plan, history: &History) -> Load {
        let plan = Plan { docked: true, ..plan };
        let wallets = self.wallets(plan.wallets, history).await;
        let places: Vec<_> = self.docks.iter().map(Server::address).collect();
        Load::of(wallets, &places, plan, history).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_and_envelopes_go_through_docks() {
    let harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    load.goes_on_for(400).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
    assert!(history.longest_delay() < Duration::from_secs(5), "{:?}", history.delays());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_back_to_the_dock_that_holds_the_request() {
    let harbour = Harbour::of(2, 1).await;
    let history = History::default();
    let wallet = harbour.wallets(1, &history).await.remove(0);
    let here = wallet.by_way_of(harbour.docks[0].address());
    let there = wallet.by_way_of(harbour.docks[1].address());
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
    let harbour = Harbour::with(1, 1, &[&format!("dock.private_listen={private}")]).await;
    let wallet = harbour.wallets(1, &History::default()).await.remove(0);
    let _socket = wallet.by_way_of(harbour.docks[0].address()).dial().await;
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
    let mut harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    load.goes_on_for(100).await;
    harbour.cores[0].kill();
    harbour.cores[1].kill();
    sleep(Duration::from_secs(2)).await;
    harbour.cores[0].start_again().await;
    load.goes_on_for(200).await;
    harbour.cores[1].start_again().await;
    load.goes_on_for(200).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn replacing_core_after_core_closes_no_socket_and_repeats_nothing() {
    let mut harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        harbour.cores[place].terminate();
        assert_eq!(harbour.cores[place].ended().await, Some(0));
        harbour.cores[place].start_again().await;
    }
    load.goes_on_for(200).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    kept_promise(&history, async {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_killed_and_comes_back_costs_nothing() {
    let mut harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    load.goes_on_for(100).await;
    harbour.redis.kill().await;
    sleep(Duration::from_secs(2)).await;
    harbour.redis.restart().await;
    load.goes_on_for(300).await;
    load.settle().await;
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_of_a_dock_that_is_killed_go_on_at_another() {
    let mut harbour = Harbour::of(2, 2).await;
    let history = History::default();
    let load = harbour.load(Plan::default(), &history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        harbour.docks[place].kill();
        load.goes_on_for(300).await;
        harbour.docks[place].start_again().await;
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(settled.longest_gap() < GOES_ON_WITHIN, "{settled:?}");
    until("what happened at docks is dealt with", async || {
        harbour.queues("dock.in").await.is_empty()
    })
    .await;
    harbour.docks.iter_mut().for_each(Server::kill);
    until("nothing is left for docks that are dead", async || {
        harbour.queues("dock.out").await.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_a_wallet_that_never_reads_comes_back_and_holds_nobody_up() {
    const MESSAGES: u32 = 60;
    let settings = ["dock.outbox_bytes=256KiB", "transport.write_timeout=500ms"];
    let harbour = Harbour::with(1, 1, &settings).await;
    let history = History::default();
    let wallets = harbour.wallets(2, &history).await;
    let (slow, other) = (&wallets[0], &wallets[1]);
    let at_the_dock = slow.by_way_of(harbour.docks[0].address());
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
