//! Requests to connect that come again.

use std::sync::Arc;

use mediator::{Answer, Identity, Mediator, RootSecret, Settings};
use protocols::Handshake;
use store::Stores;
use store::memory::MemoryStore;
use testkit::{Agent, Invited, Request};
use tokio::time::Instant;

use crate::{Nowhere, Paused};

/// The mediator as it was started with this address, over mail and connections that outlive the start.
fn started_at(host: &str, engine: &Arc<MemoryStore>) -> Arc<Mediator> {
    let settings = Settings::at(&format!("http://{host}"), &format!("ws://{host}"));
    let identity = Identity::from_root(RootSecret::new([7; 32]));
    let clock = Arc::new(Paused(Instant::now()));
    Mediator::new(settings, identity, Stores::of(engine.clone()), clock, Arc::new(Nowhere))
}

/// Where the mediator says it is, in its answer to this request.
async fn told(mediator: &Arc<Mediator>, agent: &Agent, request: &Request) -> Vec<String> {
    let invited = Invited::read(&mediator.invitation().url).unwrap();
    let answer = mediator.post(&request.envelope).await;
    let Answer::Reply { envelope, .. } = answer else { panic!("no response: {answer:?}") };
    let document = agent.accept(request, &invited, &envelope).unwrap();
    document.endpoints().into_iter().map(|endpoint| endpoint.uri).collect()
}

#[tokio::test]
async fn a_repeated_request_is_answered_with_the_address_of_today() {
    for handshake in [Handshake::DidExchange11, Handshake::Connections] {
        let engine = Arc::new(MemoryStore::new(Arc::new(Paused(Instant::now()))));
        let agent = Agent::new(1, 0x7e57);
        let before = started_at("old.test", &engine);
        let invited = Invited::read(&before.invitation().url).unwrap();
        let request = agent.request(handshake, &invited, None);
        let old = told(&before, &agent, &request).await;
        assert_eq!(old, ["http://old.test", "ws://old.test"], "{handshake:?}");
        let after = started_at("new.test", &engine);
        let new = told(&after, &agent, &request).await;
        assert_eq!(new, ["http://new.test", "ws://new.test"], "{handshake:?}");
    }
}

#[tokio::test]
async fn a_repeated_request_is_the_same_connection() {
    let engine = Arc::new(MemoryStore::new(Arc::new(Paused(Instant::now()))));
    let mediator = started_at("m.test", &engine);
    let agent = Agent::new(1, 0x7e57);
    let invited = Invited::read(&mediator.invitation().url).unwrap();
    let request = agent.request(Handshake::DidExchange11, &invited, None);
    let mut keys = Vec::new();
    for _ in 0..2 {
        let Answer::Reply { envelope, .. } = mediator.post(&request.envelope).await else {
            panic!("no response")
        };
        let document = agent.accept(&request, &invited, &envelope).unwrap();
        keys.push(document.recipients());
    }
    assert_eq!(keys[0], keys[1]);
}
