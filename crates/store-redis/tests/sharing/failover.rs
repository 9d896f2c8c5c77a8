use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::ready;
use servers::RedisCluster;
use store::{Cache, CacheKey, Loaded};
use store_redis::RedisStore;

use crate::support::{instance, until};

async fn ask(cache: &RedisStore, truth: String) -> String {
    let loaded = Loaded { value: Bytes::from(truth), life: Duration::from_secs(600) };
    let key = CacheKey::new("route", b"a");
    let answer = cache.get_or_load(&key, ready(Ok(Some(loaded))).boxed()).await;
    String::from_utf8_lossy(&answer.expect("load").expect("a value")).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evictions_are_heard_again_when_the_primary_that_had_their_log_has_died() {
    let mut cluster = RedisCluster::start().await;
    let (one, two) = (instance(&cluster.url()).await, instance(&cluster.url()).await);
    let key = [CacheKey::new("route", b"a")];
    until(async || one.evict(&key).await.is_ok()).await;
    let mut names = Vec::new();
    for node in cluster.nodes() {
        names.push(node.cli(&["KEYS", "*:bus:log"]).await);
    }
    let log = names.iter().map(|name| name.trim()).find(|name| name.ends_with(":bus:log"));
    let log = log.expect("somebody has the log").to_owned();
    let dead = cluster.kill_primary_of(&log).await;
    cluster.until_taken_over(&log, dead).await;
    for round in 0..10 {
        // What one does, the other sees, as soon as an eviction goes through.
        until(async || one.evict(&key).await.is_ok()).await;
        let truth = format!("{round}");
        assert_eq!(ask(&one, truth.clone()).await, truth);
        assert_eq!(ask(&two, truth.clone()).await, truth);
    }
}
