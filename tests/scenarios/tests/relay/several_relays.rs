use std::collections::BTreeSet;

use didcomm::VerKey;
use futures_util::future::join_all;
use testkit::Server;

use crate::plugin::Plugin;
use crate::world::{Engine, agree, envelope, key, post, relay, until};

const KEYS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_give_every_key_to_one_instance() {
    let engine = Engine::six_nodes().await;
    let (one, other) = (Plugin::start(&engine.url()).await, Plugin::start(&engine.url()).await);
    let relays = [relay(&engine).await, relay(&engine).await];
    let keys: Vec<_> = (0..KEYS).map(|_| key()).collect();
    let both = keys.iter().flat_map(|key| relays.iter().map(|relay| send(relay, *key)));
    let sent: BTreeSet<_> = join_all(both).await.into_iter().flatten().collect();
    assert_eq!(sent.len(), 2 * KEYS);
    let redis = engine.client().await;
    until("the maps agree", async || agree(&redis, &keys).await).await;
    until("all are consumed once", async || taken(&[&one, &other]) == sent).await;
    assert_eq!(one.taken().len() + other.taken().len(), sent.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_killed_loses_nothing_that_it_has_accepted() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let (mut killed, lives) = (relay(&engine).await, relay(&engine).await);
    let keys: Vec<_> = (0..KEYS).map(|_| key()).collect();
    let sending = join_all(keys.iter().map(|key| send(&killed, *key)));
    // In the middle of it: some are assigned, some half, some not at all.
    let (early, rest) = keys.split_at(KEYS / 2);
    drop(tokio::time::timeout(std::time::Duration::from_millis(30), sending).await);
    let accepted = join_all(early.iter().map(|key| send(&killed, *key))).await;
    killed.kill();
    let accepted =
        accepted.into_iter().chain(join_all(rest.iter().map(|key| send(&lives, *key))).await);
    let accepted: BTreeSet<_> = accepted.flatten().collect();
    assert_eq!(accepted.len(), KEYS);
    until("what was accepted is consumed", async || accepted.is_subset(&taken(&[&plugin]))).await;
    let redis = engine.client().await;
    until("the maps agree", async || agree(&redis, &keys).await).await;
}

async fn send(relay: &Server, to: VerKey) -> Option<Vec<u8>> {
    let envelope = envelope("x", &[to]);
    (post(relay, envelope.clone()).await == 200).then(|| envelope.to_vec())
}

fn taken(plugins: &[&Plugin]) -> BTreeSet<Vec<u8>> {
    plugins.iter().flat_map(|plugin| plugin.taken()).collect()
}
