//! The engine is away for a while: senders are held, sockets stay open, and everything resumes by itself.

use std::sync::Arc;
use std::time::Duration;

use protocols::client;
use protocols::pickup::V2_0;
use testkit::{Fleet, Frame, History, Parcel, Posted, Socket, Wallet, Words};
use tokio::time::{Instant, sleep};

use super::engine::{Engine, joined, post, sender_at};
use super::with_own_engines;
use crate::habits::{kept_promise, numbers, received};

/// How long a forward is held: 10 s unless the operator says otherwise.
const PATIENCE: Duration = Duration::from_secs(3);
const SETTINGS: [&str; 1] = ["mailbox.store_patience=3s"];

/// Longer than anything is held, and than any lease of a session lasts.
const A_MINUTE: Duration = Duration::from_secs(60);

/// A live wallet at one instance, a sender at the other.
struct Scene {
    engine: Engine,
    wallet: Arc<Wallet>,
    sender: Arc<Wallet>,
    socket: Socket,
    history: History,
    fleet: Fleet,
}

impl Scene {
    async fn set(engine: Engine) -> Self {
        let fleet = Fleet::start(2, &engine.options(&SETTINGS)).await;
        let history = History::default();
        let wallet = joined(fleet[0].address(), 1, &history).await;
        let sender = Arc::new(sender_at(fleet[1].address(), &history));
        let mut socket = wallet.dial().await;
        let change = client::live_delivery_change(&V2_0, &wallet.agent().id(), true);
        assert!(matches!(socket.ask(&change).await, Words::Status { live: true, .. }));
        let mut scene = Self { engine, wallet, sender, socket, history, fleet };
        assert_eq!(post(&scene.sender, &scene.wallet, 0).await, Posted::Accepted);
        scene.is_pushed(0).await;
        scene
    }

    /// A forward that is handed in now, and how long its sender waits for what.
    fn posting(&self, number: u32) -> tokio::task::JoinHandle<(Posted, Duration)> {
        let (sender, wallet) = (self.sender.clone(), self.wallet.clone());
        tokio::spawn(async move {
            let start = Instant::now();
            (post(&sender, &wallet, number).await, start.elapsed())
        })
    }

    /// The same socket brings it, and takes its acknowledgement.
    async fn is_pushed(&mut self, number: u32) {
        loop {
            let words = self.socket.words().await;
            if let Words::Delivery { items, .. } = &words {
                assert_eq!(numbers(items), [number]);
                let received = received(&self.wallet, items);
                let answer = self.socket.ask(&received).await;
                return assert!(matches!(answer, Words::Status { .. }), "{answer:?}");
            }
        }
    }

    async fn until_accepted(&self, number: u32) {
        crate::habits::until("mail is accepted again", async || {
            post(&self.sender, &self.wallet, number).await == Posted::Accepted
        })
        .await;
    }
}

async fn a_forward_is_held_until_the_engine_is_back(engine: Engine) {
    let mut scene = Scene::set(engine).await;
    scene.engine.pause();
    let posting = scene.posting(1);
    sleep(PATIENCE / 2).await;
    scene.engine.resume();
    let (posted, _) = posting.await.expect("the sender is told");
    assert_eq!(posted, Posted::Accepted);
    scene.is_pushed(1).await;
    kept_promise(&scene.history, async {}).await;
}

async fn a_request_is_answered_when_the_engine_is_back(engine: Engine) {
    let scene = Scene::set(engine).await;
    scene.engine.pause();
    let wallet = scene.wallet.clone();
    let asking = tokio::spawn(async move {
        wallet.ask(&client::status_request(&V2_0, &wallet.agent().id(), None)).await
    });
    // Longer than one act may take, shorter than a peer is kept waiting.
    sleep(PATIENCE * 3 / 4).await;
    assert!(!asking.is_finished(), "answered without the engine");
    scene.engine.resume();
    let answer = asking.await.expect("an answer");
    assert!(matches!(answer, Words::Status { .. }), "{answer:?}");
}

async fn beyond_that_its_connection_is_cut_without_a_status(engine: Engine) {
    let mut scene = Scene::set(engine).await;
    scene.engine.pause();
    let (posted, waited) = scene.posting(1).await.expect("the sender is told");
    assert_eq!(posted, Posted::Cut);
    assert!(waited >= PATIENCE && waited < 4 * PATIENCE, "held for {waited:?}");
    // Nobody has closed the socket meanwhile.
    let heard = scene.socket.hear_within(PATIENCE).await;
    assert!(!matches!(heard, Some(Frame::Closed(_) | Frame::Broken)), "{heard:?}");
    scene.engine.resume();
    scene.until_accepted(1).await;
    scene.is_pushed(1).await;
    kept_promise(&scene.history, async {}).await;
}

async fn a_wallet_that_speaks_meanwhile_keeps_its_socket_for_a_minute_and_is_answered(
    engine: Engine,
) {
    let mut scene = Scene::set(engine).await;
    scene.engine.pause();
    for _ in 0..3 {
        let request = client::status_request(&V2_0, &scene.wallet.agent().id(), None);
        scene.socket.say(&request).await;
    }
    let heard = scene.socket.hear_within(A_MINUTE).await;
    assert_eq!(heard, None, "the engine is away");
    scene.engine.resume();
    for _ in 0..3 {
        let words = scene.socket.words().await;
        assert!(matches!(words, Words::Status { .. }), "{words:?}");
    }
    scene.until_accepted(1).await;
    scene.is_pushed(1).await;
    kept_promise(&scene.history, async {}).await;
}

async fn a_socket_with_a_forward_that_nobody_could_keep_is_closed_with_1013(engine: Engine) {
    let mut scene = Scene::set(engine).await;
    let mut socket = scene.sender.dial().await;
    scene.engine.pause();
    let parcel = Parcel { to: scene.wallet.agent().number, number: 1 };
    socket.send(&scene.wallet.agent().forward_envelope(&parcel.write())).await;
    assert_eq!(socket.end().await, Frame::Closed(Some(1013)), "its sender has to notice");
    scene.engine.resume();
    scene.until_accepted(1).await;
    scene.is_pushed(1).await;
    kept_promise(&scene.history, async {}).await;
}

async fn a_socket_of_somebody_who_cannot_be_looked_up_is_closed_with_1013(engine: Engine) {
    let scene = Scene::set(engine).await;
    let wallet = joined(scene.fleet[0].address(), 2, &scene.history).await;
    let elsewhere = wallet.by_way_of(scene.fleet[1].address());
    scene.engine.pause();
    let mut socket = elsewhere.dial().await;
    socket.say(&client::status_request(&V2_0, &wallet.agent().id(), None)).await;
    assert_eq!(socket.end().await, Frame::Closed(Some(1013)));
    scene.engine.resume();
    crate::habits::until("it is known again", async || {
        let request = client::status_request(&V2_0, &wallet.agent().id(), None);
        elsewhere.request(&request).await.is_some()
    })
    .await;
}

async fn an_engine_that_was_killed_is_found_again(engine: Engine) {
    let mut scene = Scene::set(engine).await;
    scene.engine.kill().await;
    let (posted, _) = scene.posting(1).await.expect("the sender is told");
    assert_eq!(posted, Posted::Cut);
    scene.engine.restart().await;
    scene.until_accepted(1).await;
    scene.is_pushed(1).await;
    assert_eq!(post(&scene.sender, &scene.wallet, 2).await, Posted::Accepted);
    scene.is_pushed(2).await;
    kept_promise(&scene.history, async {}).await;
}

with_own_engines!(
    a_forward_is_held_until_the_engine_is_back,
    a_request_is_answered_when_the_engine_is_back,
    beyond_that_its_connection_is_cut_without_a_status,
    a_wallet_that_speaks_meanwhile_keeps_its_socket_for_a_minute_and_is_answered,
    a_socket_with_a_forward_that_nobody_could_keep_is_closed_with_1013,
    a_socket_of_somebody_who_cannot_be_looked_up_is_closed_with_1013,
    an_engine_that_was_killed_is_found_again,
);
