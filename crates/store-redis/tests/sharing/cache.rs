use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{join_all, ready};
use store::{Cache, CacheKey, Loaded, Result, StoreError};
use store_redis::RedisStore;
use tokio::time::{Instant, sleep};

use crate::proxy::Proxy;
use crate::support::{instance, server, until};

const LIFE: Duration = Duration::from_secs(600);

fn key(name: &str) -> CacheKey {
    CacheKey::new("route", name.as_bytes())
}

fn found(text: &'static str) -> Result<Option<Loaded>> {
    Ok(Some(Loaded { value: Bytes::from_static(text.as_bytes()), life: LIFE }))
}

async fn ask(cache: &RedisStore, truth: &'static str) -> Bytes {
    let answer = cache.get_or_load(&key("a"), ready(found(truth)).boxed()).await;
    answer.expect("load").expect("a value")
}

async fn keeps(cache: &RedisStore) -> bool {
    cache.put(&key("warming"), Bytes::from_static(b"x"), LIFE).await;
    cache.get(&key("warming")).await.is_some()
}

async fn warm_instance(url: &str) -> Arc<RedisStore> {
    let store = instance(url).await;
    until(async || keeps(&store).await).await;
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_on_all_instances_who_want_an_entry_one_loads() {
    let server = server().await;
    let mut instances = Vec::new();
    for _ in 0..3 {
        instances.push(warm_instance(&server.url()).await);
    }
    let loads = AtomicUsize::new(0);
    let load = async || {
        loads.fetch_add(1, Ordering::AcqRel);
        sleep(Duration::from_millis(100)).await;
        found("1")
    };
    let callers = (0..30).map(|number| {
        let (cache, load) = (&instances[number % 3], &load);
        async move { cache.get_or_load(&key("a"), Box::pin(load())).await }
    });
    let answers = join_all(callers).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Some(_)))), "{answers:?}");
    assert_eq!(loads.load(Ordering::Acquire), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_everybody_loads_and_nobody_waits_or_fails() {
    let mut server = server().await;
    let store = warm_instance(&server.url()).await;
    assert_eq!(ask(&store, "old").await, "old");
    server.kill().await;
    sleep(Duration::from_millis(2_100)).await;
    let began = Instant::now();
    assert_eq!(ask(&store, "new").await, "new");
    assert_eq!(store.get(&key("a")).await, None);
    store.put(&key("a"), Bytes::new(), LIFE).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let evicted = store.evict(&[key("a")]).await;
    assert!(matches!(evicted, Err(StoreError::Unavailable(_))), "{evicted:?}");
    server.restart().await;
    until(async || store.evict(&[key("a")]).await.is_ok()).await;
    until(async || keeps(&store).await).await;
    assert_eq!(ask(&store, "new").await, "new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_cut_off_answers_nothing_from_before_an_eviction_it_did_not_hear() {
    let server = server().await;
    let proxy = Proxy::before(server.port()).await;
    let (well, cut_off) = (warm_instance(&server.url()).await, warm_instance(&proxy.url()).await);
    assert_eq!(ask(&cut_off, "old").await, "old");
    assert_eq!(ask(&well, "older").await, "old");
    proxy.stop();
    assert_eq!(cut_off.get(&key("a")).await.as_deref(), Some(&b"old"[..]));
    let began = Instant::now();
    well.evict(&[key("a")]).await.expect("evict");
    assert!(began.elapsed() > Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(cut_off.get(&key("a")).await, None);
    assert_eq!(ask(&cut_off, "new").await, "new");
    assert_eq!(ask(&well, "new").await, "new");
    proxy.go_on();
    until(async || keeps(&cut_off).await).await;
    assert_eq!(ask(&cut_off, "newer").await, "new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_entry_in_redis_has_an_end() {
    let server = server().await;
    let store = warm_instance(&server.url()).await;
    ask(&store, "1").await;
    store.get_or_load(&key("b"), ready(Ok(None)).boxed()).await.expect("load");
    store.clear("route").await.expect("clear");
    ask(&store, "2").await;
    let names = server.cli(&["KEYS", "*:cache:*"]).await;
    let names: Vec<_> = names.lines().filter(|name| !name.is_empty()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for name in names {
        let life: i64 = server.cli(&["PTTL", name]).await.trim().parse().expect("a number");
        assert!((1..=600_000).contains(&life), "{name} {life}");
    }
}
