use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use didcomm::VerKey;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Came, Reply, Server, ServerOptions, Site};
use tokio::time::{Instant, sleep};

use crate::plugin::Plugin;
use crate::world::{Engine, envelope, key, options, post, until};

fn options_for(engine: &Engine, api: &Site) -> ServerOptions {
    let url = format!("relay.keys_admin={}", api.url("/api/"));
    options(engine).and(&[&url]).variable("RESTANTE_RELAY__KEYS_ADMIN_KEY", "hunter2")
}

/// An admin API: a wallet with one key, and so many connections of which the last was invited with the other.
fn tells(api: &Site, own: VerKey, invited: VerKey, connections: Arc<AtomicUsize>) {
    api.decide(move |_, came| {
        let results = match came.path.strip_prefix("/api/") {
            Some("wallet/did") => vec![json!({"did": "did:peer:x", "verkey": own.to_string()})],
            Some(path) => page(path, connections.load(Ordering::Relaxed), invited),
            None => Vec::new(),
        };
        match is_ours(came) {
            true => (200, json!({"results": results}).to_string()),
            false => (401, String::new()),
        }
    });
}

fn is_ours(came: &Came) -> bool {
    came.headers.get("x-api-key").is_some_and(|key| key == "hunter2")
}

fn page(path: &str, connections: usize, invited: VerKey) -> Vec<Value> {
    let number = |name: &str| {
        let (_, rest) = path.split_once(name).expect("a number");
        rest.split('&').next().and_then(|digits| digits.parse().ok()).expect("a number")
    };
    let (limit, offset): (usize, usize) = (number("limit="), number("offset="));
    let shown = (offset..connections).take(limit);
    let one = |at| match at + 1 == connections {
        true => json!({"invitation_key": invited.to_string()}),
        false => json!({"invitation_key": null}),
    };
    shown.map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_learned_from_an_agent_and_a_new_one_is_found_at_once() {
    let (engine, api) = (Engine::one_node().await, Site::open().await);
    let plugin = Plugin::start(&engine.url()).await;
    let (own, invited, connections) = (key(), key(), Arc::new(AtomicUsize::new(0)));
    tells(&api, own, invited, connections.clone());
    let relay = Server::start_with(options_for(&engine, &api)).await;
    assert_eq!(post(&relay, envelope("own", &[own])).await, 200);
    assert_eq!(post(&relay, envelope("invited", &[invited])).await, 404);
    // On the third page.
    connections.store(2_500, Ordering::Relaxed);
    until("it is found", async || post(&relay, envelope("invited", &[invited])).await == 200).await;
    assert_eq!(post(&relay, envelope("a stranger's", &[key()])).await, 404);
    until("both are consumed", async || plugin.taken().len() == 2).await;
    assert!(!relay.log().contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_tell_its_keys_has_its_mail_neither_taken_nor_refused() {
    let (engine, mut api) = (Engine::one_node().await, Site::open().await);
    let to = key();
    let answers = [(500, String::new()), (200, "junk".to_owned()), (200, "{}".to_owned())];
    api.decide(move |before, _| answers[before % 3].clone());
    let relay = Server::start_with(options_for(&engine, &api)).await;
    let asked = async |times| {
        assert_eq!(post(&relay, envelope("x", &[to])).await, 0, "the connection is cut");
        api.count() >= times
    };
    for times in 1..=3 {
        until("it asks once more", async || asked(times).await).await;
    }
    assert_eq!(api.count(), 3, "it does not ask for each message");
    api.go_down();
    assert_eq!(post(&relay, envelope("x", &[to])).await, 0, "the connection is cut");
    tells(&api, to, key(), Arc::default());
    api.come_back().await;
    until("it is taken", async || post(&relay, envelope("x", &[to])).await == 200).await;
}

/// How long a sender is held.
const PATIENCE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_answer_keeps_no_mail_for_known_keys_and_strangers_not_for_long() {
    let (engine, api) = (Engine::one_node().await, Site::open().await);
    let own = key();
    tells(&api, own, key(), Arc::default());
    let options = options_for(&engine, &api).and(&["relay.store_patience=3s"]);
    let relay = Server::start_with(options).await;
    assert_eq!(post(&relay, envelope("own", &[own])).await, 200);
    let asked = api.count();
    api.decide(|_, _| Reply::never());
    // What was learned is not fresh any more.
    sleep(PATIENCE / 2).await;
    let began = Instant::now();
    let strangers = join_all((0..50).map(|_| post(&relay, envelope("a stranger's", &[key()]))));
    let known = async {
        api.until(asked + 1).await;
        assert_eq!(post(&relay, envelope("own", &[own])).await, 200);
        began.elapsed()
    };
    let (statuses, known) = tokio::join!(strangers, known);
    assert!(known < Duration::from_secs(2), "{known:?}");
    assert_eq!(statuses, [0; 50], "their connections are cut");
    assert!(began.elapsed() < PATIENCE * 2, "{:?}", began.elapsed());
    assert_eq!(api.count(), asked + 1, "all have waited for one question");
}
