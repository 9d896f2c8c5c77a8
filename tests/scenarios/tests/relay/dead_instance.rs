use std::time::Duration;

use tokio::time::sleep;

use crate::plugin::Plugin;
use crate::world::{Engine, agree, key, owners, post_some, relay, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_a_dead_instance_goes_to_another_without_a_further_message() {
    let engine = Engine::one_node().await;
    let dead = Plugin::start(&engine.url()).await;
    let relay = relay(&engine).await;
    let keys = [key(), key(), key()];
    for key in keys {
        post_some(&relay, key, 1).await;
    }
    until("it consumes", async || dead.taken().len() == 3).await;
    dead.kill().await;
    let other = Plugin::start(&engine.url()).await;
    let waiting = post_some(&relay, keys[0], 3).await;
    until("the other consumes", async || other.taken() == waiting).await;
    let redis = engine.client().await;
    until("all keys have moved", async || agree(&redis, &keys).await).await;
    assert!(owners(&redis).await.values().all(|uid| *uid == other.uid));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_consumes_slowly_keeps_its_keys() {
    let engine = Engine::one_node().await;
    let slow = Plugin::start(&engine.url()).await;
    let relay = relay(&engine).await;
    let to = key();
    post_some(&relay, to, 1).await;
    until("it consumes", async || slow.taken().len() == 1).await;
    let _other = Plugin::start(&engine.url()).await;
    post_some(&relay, to, 10).await;
    // Together longer than the silence that is allowed, each time shorter.
    for _ in 0..4 {
        slow.is_busy(true);
        sleep(Duration::from_secs(2)).await;
        slow.is_busy(false);
        sleep(Duration::from_millis(500)).await;
    }
    until("it consumes all", async || slow.taken().len() == 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_instance_keeps_its_keys_however_long_it_is_silent() {
    let engine = Engine::one_node().await;
    let only = Plugin::start(&engine.url()).await;
    let relay = relay(&engine).await;
    let to = key();
    let mut posted = post_some(&relay, to, 1).await;
    until("it consumes", async || only.taken().len() == 1).await;
    only.is_busy(true);
    posted.extend(post_some(&relay, to, 2).await);
    sleep(Duration::from_secs(6)).await;
    only.is_busy(false);
    until("it goes on", async || only.taken() == posted).await;
}
