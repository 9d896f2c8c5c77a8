//! A wallet picks up its mail through a dock in whichever way it likes.

use protocols::client;
use protocols::pickup::{V2_0, V4_0};
use testkit::{Frame, Heard, History, Server, Socket, StandInDock, Wallet, Words};

use crate::habits::{delivery, kept_promise, numbers, received, send_all, sender, status};
use crate::harbour::one_behind_one;

const MESSAGES: u32 = 10;

struct Scene {
    wallet: Wallet,
    socket: Socket,
    history: History,
    server: Server,
    _dock: StandInDock,
}

impl Scene {
    async fn set() -> Self {
        let (dock, server) = one_behind_one().await;
        let history = History::default();
        let wallet = Wallet::join(&server, 1, &history).await;
        let socket = wallet.by_way_of(dock.address()).dial().await;
        Self { wallet, socket, history, server, _dock: dock }
    }

    async fn send(&self, number: u32) {
        send_all(&sender(&self.server, &self.history), &self.wallet, number..number + 1).await;
    }

    fn id(&self) -> String {
        self.wallet.agent().id()
    }

    /// Mail as it is, each with a ping behind it that the wallet answers.
    async fn hears_bare_mail(&mut self) {
        for number in 0..MESSAGES {
            self.send(number).await;
            match self.socket.hear().await {
                Frame::Heard(Heard::Mail(parcel)) => assert_eq!(parcel.number, number),
                other => panic!("no bare mail but {other:?}"),
            }
            let ping = self.socket.words().await;
            let pong = client::ping_response(&self.id(), &ping_id(&ping));
            self.socket.say(&pong).await;
        }
        // What is proven is gone, so that a new socket brings nothing.
        self.socket.ask(&client::ping(&self.id(), true)).await;
    }

    async fn kept(&self) {
        kept_promise(&self.history, async {}).await;
        assert_eq!(self.history.repeated(), []);
        let left = self.wallet.ask(&status(&self.wallet)).await;
        assert!(matches!(left, Words::Status { messages: 0, .. }), "{left:?}");
    }
}

fn ping_id(words: &Words) -> String {
    let Words::Other { kind, text } = words else { panic!("no ping but {words:?}") };
    assert_eq!(kind, "https://didcomm.org/trust_ping/1.0/ping");
    client::message_id(text)
}

async fn live(dialect: &dyn protocols::Dialect) {
    let mut scene = Scene::set().await;
    let answer = scene.socket.ask(&client::live_delivery_change(dialect, &scene.id(), true)).await;
    assert!(matches!(answer, Words::Status { live: true, .. }), "{answer:?}");
    for number in 0..MESSAGES {
        scene.send(number).await;
        let pushed = scene.socket.words().await;
        assert_eq!(numbers(pushed.items()), [number], "{pushed:?}");
        let ids: Vec<String> = pushed.items().iter().map(|item| item.id.clone()).collect();
        let words = client::messages_received(dialect, &scene.id(), &ids);
        let answer = scene.socket.ask(&words).await;
        assert!(matches!(answer, Words::Status { messages: 0, .. }), "{answer:?}");
    }
    scene.kept().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_by_pickup_2() {
    live(&V2_0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_by_pickup_4() {
    live(&V4_0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_implicit_pickup() {
    let mut scene = Scene::set().await;
    scene.socket.ask(&client::ping(&scene.id(), true)).await;
    scene.hears_bare_mail().await;
    scene.kept().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_noop_of_pickup_1() {
    let mut scene = Scene::set().await;
    scene.socket.say(&client::noop(&scene.id())).await;
    scene.hears_bare_mail().await;
    scene.kept().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_batches_of_pickup_1() {
    let mut scene = Scene::set().await;
    for number in 0..MESSAGES {
        scene.send(number).await;
        let batch = scene.socket.ask(&client::batch_pickup(&scene.id(), 10)).await;
        assert_eq!(numbers(batch.items()), [number], "{batch:?}");
        let ping = scene.socket.words().await;
        scene.socket.say(&client::ping_response(&scene.id(), &ping_id(&ping))).await;
    }
    scene.socket.ask(&client::ping(&scene.id(), true)).await;
    scene.kept().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_requests_of_pickup_2() {
    let mut scene = Scene::set().await;
    for number in 0..MESSAGES {
        scene.send(number).await;
        let waiting = scene.socket.ask(&status(&scene.wallet)).await;
        assert!(matches!(waiting, Words::Status { messages: 1, .. }), "{waiting:?}");
        let delivered = scene.socket.ask(&delivery(&scene.wallet, 10)).await;
        assert_eq!(numbers(delivered.items()), [number], "{delivered:?}");
        scene.socket.ask(&received(&scene.wallet, delivered.items())).await;
    }
    scene.kept().await;
}
