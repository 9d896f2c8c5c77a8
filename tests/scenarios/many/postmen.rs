//! Agents with an address are served once by several instances, also when the one that carries dies.

use std::time::Duration;

use protocols::Handshake;
use testkit::{Endpoint, Fleet, History, Take, Wallet};

use super::engine::{Engine, post, sender_at};
use super::with_every_engine;
use crate::habits::kept_promise;

const MESSAGES: u32 = 40;

const SETTINGS: [&str; 2] = ["outbound.backoff_first=50ms", "outbound.backoff_most=200ms"];

/// An agent whose mail goes to its endpoint, and two instances that may carry it there.
struct Scene {
    fleet: Fleet,
    endpoint: Endpoint,
    agent: Wallet,
    history: History,
}

impl Scene {
    async fn set(engine: &Engine) -> Self {
        let fleet = Fleet::start(2, &engine.options(&SETTINGS)).await;
        let (history, endpoint) = (History::default(), Endpoint::open().await);
        let agent = Wallet::stranger(fleet[0].address(), 1, &history);
        agent.connect(Handshake::DidExchange11, Some(&endpoint.uri())).await;
        agent.be_mediated().await;
        endpoint.belongs_to(agent.agent(), &history);
        Self { fleet, endpoint, agent, history }
    }

    /// Hands messages in at one instance after the other, until each is accepted.
    async fn send(&self, numbers: std::ops::Range<u32>) {
        let senders = self.fleet.addresses().into_iter();
        let senders: Vec<_> = senders.map(|place| sender_at(place, &self.history)).collect();
        for number in numbers {
            let mut turns = senders.iter().cycle().skip(number as usize);
            while post(turns.next().expect("a sender"), &self.agent, number).await
                != testkit::Posted::Accepted
            {}
        }
    }

    async fn until_taken(&self, messages: u32) {
        let last = move |endpoint: &Endpoint| {
            endpoint.taken().iter().any(|parcel| parcel.number + 1 == messages)
        };
        self.endpoint.until(last).await;
    }
}

async fn each_message_comes_once_and_in_order(engine: Engine) {
    let scene = Scene::set(&engine).await;
    scene.send(0..MESSAGES).await;
    scene.until_taken(MESSAGES).await;
    let taken: Vec<u32> = scene.endpoint.taken().iter().map(|parcel| parcel.number).collect();
    assert_eq!(taken, (0..MESSAGES).collect::<Vec<u32>>());
    kept_promise(&scene.history, async {}).await;
}

async fn another_carries_on_when_the_one_that_carries_dies(engine: Engine) {
    let mut scene = Scene::set(&engine).await;
    // A little at a time, so that there is something to carry on with.
    scene.endpoint.decide(|_| Take::No(503));
    for (turn, place) in (0..).zip([0, 1]) {
        scene.send(turn * MESSAGES..(turn + 1) * MESSAGES).await;
        let attempts = scene.endpoint.attempts();
        scene.endpoint.until(|endpoint| endpoint.attempts() > attempts).await;
        scene.fleet[place].kill();
        scene.endpoint.decide(|_| Take::Yes);
        let start = tokio::time::Instant::now();
        scene.until_taken((turn + 1) * MESSAGES).await;
        assert!(start.elapsed() < Duration::from_secs(8), "nobody carries on for long");
        scene.endpoint.decide(|_| Take::No(503));
        scene.fleet[place].start_again().await;
    }
    kept_promise(&scene.history, async {}).await;
    // At most the message that was being carried comes twice.
    assert!(scene.history.repeated().len() <= 2, "{:?}", scene.history.repeated());
}

with_every_engine!(
    each_message_comes_once_and_in_order,
    another_carries_on_when_the_one_that_carries_dies,
);
