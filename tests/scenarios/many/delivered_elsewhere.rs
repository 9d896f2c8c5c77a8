//! A message that arrives at one instance reaches the socket on another at once, however the wallet picks up its mail.

use std::time::Duration;

use protocols::client;
use protocols::pickup::{V2_0, V4_0};
use testkit::{Frame, Heard, History, Socket, Wallet, Words};

use super::engine::{Engine, joined, sender_at};
use super::with_every_engine;
use crate::habits::{kept_promise, numbers, send_all};

/// Sessions look for mail by themselves every thirty seconds: what comes sooner was woken.
const AT_ONCE: Duration = Duration::from_secs(5);

const MESSAGES: u32 = 10;

/// The wallet has a socket at the first instance, and mail is sent to it at the second.
struct Scene {
    wallet: std::sync::Arc<Wallet>,
    sender: Wallet,
    socket: Socket,
    history: History,
    _fleet: testkit::Fleet,
}

impl Scene {
    async fn set(engine: &Engine) -> Self {
        let fleet = engine.fleet(2).await;
        let history = History::default();
        let wallet = joined(fleet[0].address(), 1, &history).await;
        let sender = sender_at(fleet[1].address(), &history);
        let socket = wallet.dial().await;
        Self { wallet, sender, socket, history, _fleet: fleet }
    }

    async fn send(&self, number: u32) {
        send_all(&self.sender, &self.wallet, number..number + 1).await;
    }

    async fn hears_bare_mail(&mut self) {
        for number in 0..MESSAGES {
            self.send(number).await;
            match self.socket.hear().await {
                Frame::Heard(Heard::Mail(parcel)) => assert_eq!(parcel.number, number),
                other => panic!("no bare mail but {other:?}"),
            }
        }
    }

    async fn is_kept_at_once(&self) {
        kept_promise(&self.history, async {}).await;
        assert_eq!(self.history.repeated(), []);
        assert!(self.history.longest_delay() < AT_ONCE, "{:?}", self.history.delays());
    }
}

/// Live mode of either version: each message is pushed and acknowledged.
async fn live(engine: Engine, dialect: &dyn protocols::Dialect) {
    let mut scene = Scene::set(&engine).await;
    let id = || scene.wallet.agent().id();
    let answer = scene.socket.ask(&client::live_delivery_change(dialect, &id(), true)).await;
    assert!(matches!(answer, Words::Status { live: true, .. }), "{answer:?}");
    for number in 0..MESSAGES {
        scene.send(number).await;
        let pushed = scene.socket.words().await;
        assert_eq!(numbers(pushed.items()), [number], "{pushed:?}");
        let ids: Vec<String> = pushed.items().iter().map(|item| item.id.clone()).collect();
        let id = scene.wallet.agent().id();
        let answer = scene.socket.ask(&client::messages_received(dialect, &id, &ids)).await;
        assert!(matches!(answer, Words::Status { messages: 0, .. }), "{answer:?}");
    }
    scene.is_kept_at_once().await;
}

pub async fn live_by_pickup_2(engine: Engine) {
    live(engine, &V2_0).await;
}

pub async fn live_by_pickup_4(engine: Engine) {
    live(engine, &V4_0).await;
}

pub async fn by_implicit_pickup(engine: Engine) {
    let mut scene = Scene::set(&engine).await;
    scene.socket.ask(&client::ping(&scene.wallet.agent().id(), true)).await;
    scene.hears_bare_mail().await;
    scene.is_kept_at_once().await;
}

pub async fn by_the_noop_of_pickup_1(engine: Engine) {
    let mut scene = Scene::set(&engine).await;
    scene.socket.say(&client::noop(&scene.wallet.agent().id())).await;
    scene.hears_bare_mail().await;
    scene.is_kept_at_once().await;
}

pub async fn by_the_batches_of_pickup_1(engine: Engine) {
    let mut scene = Scene::set(&engine).await;
    for number in 0..MESSAGES {
        scene.send(number).await;
        let id = scene.wallet.agent().id();
        let batch = scene.socket.ask(&client::batch_pickup(&id, 10)).await;
        assert_eq!(numbers(batch.items()), [number], "{batch:?}");
    }
    scene.is_kept_at_once().await;
}

/// On a socket that is not live: the wallet asks how much waits, and for some of it.
async fn on_request(engine: Engine, dialect: &dyn protocols::Dialect) {
    let mut scene = Scene::set(&engine).await;
    let id = || scene.wallet.agent().id();
    for number in 0..MESSAGES {
        scene.send(number).await;
        let waiting = scene.socket.ask(&client::status_request(dialect, &id(), None)).await;
        assert!(matches!(waiting, Words::Status { messages: 1, .. }), "{waiting:?}");
        let request = client::delivery_request(dialect, &id(), 10, None);
        let delivered = scene.socket.ask(&request).await;
        assert_eq!(numbers(delivered.items()), [number], "{delivered:?}");
        let ids: Vec<String> = delivered.items().iter().map(|item| item.id.clone()).collect();
        scene.socket.ask(&client::messages_received(dialect, &id(), &ids)).await;
    }
    scene.is_kept_at_once().await;
}

pub async fn by_the_requests_of_pickup_2(engine: Engine) {
    on_request(engine, &V2_0).await;
}

pub async fn by_the_requests_of_pickup_4(engine: Engine) {
    on_request(engine, &V4_0).await;
}

with_every_engine!(
    live_by_pickup_2,
    live_by_pickup_4,
    by_implicit_pickup,
    by_the_noop_of_pickup_1,
    by_the_batches_of_pickup_1,
    by_the_requests_of_pickup_2,
    by_the_requests_of_pickup_4,
);
