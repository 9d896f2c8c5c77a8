//! The store between docks and mediators loses its data, or somebody else uses its keys.

use std::time::Duration;

use protocols::client;
use protocols::pickup::V2_0;
use servers::{RedisServer, RedisSpec};
use testkit::{Frame, History, Server, ServerOptions, Socket, Wallet, Words};
use tokio::time::sleep;

use crate::habits::{numbers, received, send_all, sender};

struct Scene {
    redis: RedisServer,
    core: Server,
    dock: Server,
    history: History,
}

impl Scene {
    async fn set() -> Self {
        let redis = RedisServer::start(RedisSpec::durable()).await;
        let core = ServerOptions::with(&["docks.core=true"]).on(redis.url());
        let core = Server::start_with(core).await;
        let dock = Server::start_with(ServerOptions::dock(&[]).on(redis.url())).await;
        Self { redis, core, dock, history: History::default() }
    }

    /// A new wallet that is live at the dock.
    async fn wallet(&self, number: u32) -> (Wallet, Socket) {
        let wallet = Wallet::join(&self.core, number, &self.history).await;
        let mut socket = wallet.by_way_of(self.dock.address()).dial().await;
        let words = client::live_delivery_change(&V2_0, &wallet.agent().id(), true);
        let answer = socket.ask(&words).await;
        assert!(matches!(answer, Words::Status { live: true, .. }), "{answer:?}");
        (wallet, socket)
    }

    /// It is sent something and gets it.
    async fn works_for(&self, (wallet, socket): &mut (Wallet, Socket), number: u32) {
        send_all(&sender(&self.core, &self.history), wallet, number..number + 1).await;
        let pushed = socket.words().await;
        assert_eq!(numbers(pushed.items()), [number], "{pushed:?}");
        socket.ask(&received(wallet, pushed.items())).await;
    }

    /// The keys of the queues that docks and mediators share.
    async fn queues(&self) -> Vec<String> {
        let keys = self.redis.cli(&["--scan", "--pattern", "*queue.dock.*"]).await;
        keys.lines().map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_are_closed_when_the_data_is_lost_and_the_next_ones_are_served() {
    let scene = Scene::set().await;
    let mut first = scene.wallet(1).await;
    scene.works_for(&mut first, 0).await;
    assert_eq!(scene.redis.cli(&["FLUSHALL"]).await, "OK");
    assert_eq!(first.1.end().await, Frame::Closed(Some(1013)));
    let mut second = scene.wallet(2).await;
    scene.works_for(&mut second, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_type_hold_things_up_only_while_they_are_there() {
    let mut scene = Scene::set().await;
    let mut first = scene.wallet(1).await;
    scene.works_for(&mut first, 0).await;
    let queues = scene.queues().await;
    assert!(queues.iter().any(|key| key.contains("dock.in")), "{queues:?}");
    assert!(queues.iter().any(|key| key.contains("dock.out")), "{queues:?}");
    let before = scene.core.log().len() + scene.dock.log().len();
    for key in &queues {
        assert_eq!(scene.redis.cli(&["SET", key, "not ours"]).await, "OK");
    }
    sleep(Duration::from_secs(3)).await;
    assert!(scene.core.is_running() && scene.dock.is_running());
    let logged = scene.core.log().len() + scene.dock.log().len() - before;
    assert!(logged < 1 << 20, "{logged} bytes of log");
    for key in &queues {
        scene.redis.cli(&["DEL", key]).await;
    }
    let mut second = scene.wallet(2).await;
    scene.works_for(&mut second, 0).await;
}
