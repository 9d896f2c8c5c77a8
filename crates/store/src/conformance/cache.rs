//! What [`Cache`](crate::Cache) promises.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{join_all, pending, ready};
use tokio::sync::oneshot;

use super::Fixture;
use super::fixture::SECOND;
use crate::{Cache, CacheKey, Loaded, Result, StoreError};

const LIFE: Duration = Duration::from_secs(600);
/// By the wall clock: how long a cache that has just started may know nothing.
const STARTING: Duration = Duration::from_secs(10);

fn key(name: &str) -> CacheKey {
    CacheKey::new("promise", name.as_bytes())
}

fn found(text: &str) -> Result<Option<Loaded>> {
    Ok(Some(Loaded { value: Bytes::copy_from_slice(text.as_bytes()), life: LIFE }))
}

fn text(value: &Bytes) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// What this cache gives for "a", if the truth says `truth`.
async fn ask(cache: &Arc<dyn Cache>, truth: &str) -> String {
    let answer = cache.get_or_load(&key("a"), ready(found(truth)).boxed()).await;
    text(&answer.expect("load").expect("a value"))
}

/// Waits until a cache that has just started keeps what it is given.
async fn warm(f: &Fixture) {
    let warming = key("warming");
    let keeps = async |cache: &Arc<dyn Cache>| loop {
        cache.put(&warming, Bytes::from_static(b"x"), LIFE).await;
        if cache.get(&warming).await.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for cache in [&f.stores.cache, &f.other.cache] {
        tokio::time::timeout(STARTING, keeps(cache)).await.expect("the cache begins to work");
    }
}

async fn evict(f: &Fixture, name: &str) {
    f.stores.cache.evict(&[key(name)]).await.expect("evict");
}

pub async fn what_was_put_or_loaded_is_known(f: Fixture) {
    warm(&f).await;
    assert_eq!(f.stores.cache.get(&key("a")).await, None);
    f.stores.cache.put(&key("a"), Bytes::from_static(b"\0\xff"), LIFE).await;
    assert_eq!(f.stores.cache.get(&key("a")).await.as_deref(), Some(&b"\0\xff"[..]));
    f.stores.cache.put(&key("a"), Bytes::from_static(b"2"), LIFE).await;
    assert_eq!(ask(&f.stores.cache, "3").await, "2");
    let long = key(&"did:peer:4".repeat(400));
    let answer = f.stores.cache.get_or_load(&long, ready(found("4")).boxed()).await;
    assert_eq!(answer.expect("load").as_ref().map(text).as_deref(), Some("4"));
    assert_eq!(f.stores.cache.get(&long).await.as_ref().map(text).as_deref(), Some("4"));
}

pub async fn an_entry_is_gone_when_its_life_ends(f: Fixture) {
    warm(&f).await;
    let life = Duration::from_millis(300);
    f.stores.cache.put(&key("a"), Bytes::from_static(b"1"), life).await;
    let loaded = Loaded { value: Bytes::from_static(b"1"), life };
    f.stores.cache.get_or_load(&key("b"), ready(Ok(Some(loaded))).boxed()).await.expect("load");
    f.other.cache.get(&key("a")).await;
    // Tiers of this process go by the clock that we hold, the others by the engine's own.
    f.clock.advance(life);
    tokio::time::sleep(life * 2).await;
    for cache in [&f.stores.cache, &f.other.cache] {
        assert_eq!(cache.get(&key("a")).await, None);
        assert_eq!(cache.get(&key("b")).await, None);
    }
}

pub async fn what_a_load_did_not_find_is_asked_for_again(f: Fixture) {
    warm(&f).await;
    let nothing = f.stores.cache.get_or_load(&key("a"), ready(Ok(None)).boxed()).await;
    assert_eq!(nothing, Ok(None));
    assert_eq!(ask(&f.stores.cache, "1").await, "1");
}

pub async fn a_failed_load_fails_for_its_caller_and_is_not_kept(f: Fixture) {
    warm(&f).await;
    let failure = StoreError::Unavailable("the truth is away".into());
    let failed = ready(Err(failure.clone())).boxed();
    assert_eq!(f.stores.cache.get_or_load(&key("a"), failed).await, Err(failure));
    assert_eq!(ask(&f.other.cache, "1").await, "1");
}

pub async fn after_an_eviction_no_instance_answers_from_before(f: Fixture) {
    warm(&f).await;
    for round in 0..20 {
        let (before, after) = (format!("{round}"), format!("{round}, later"));
        evict(&f, "a").await;
        assert_eq!(ask(&f.stores.cache, &before).await, before);
        assert_eq!(ask(&f.other.cache, &before).await, before);
        let evictor = if round % 2 == 0 { &f.stores.cache } else { &f.other.cache };
        evictor.evict(&[key("b"), key("a")]).await.expect("evict");
        assert_eq!(ask(&f.other.cache, &after).await, after);
        assert_eq!(ask(&f.stores.cache, &after).await, after);
    }
}

pub async fn an_eviction_leaves_other_entries(f: Fixture) {
    warm(&f).await;
    f.stores.cache.put(&key("b"), Bytes::from_static(b"1"), LIFE).await;
    evict(&f, "a").await;
    evict(&f, "never known").await;
    assert_eq!(f.stores.cache.get(&key("b")).await.as_deref(), Some(&b"1"[..]));
}

pub async fn a_load_that_began_before_an_eviction_is_not_kept(f: Fixture) {
    warm(&f).await;
    for cache in [&f.stores.cache, &f.other.cache] {
        let (truth, answer) = oneshot::channel::<Result<Option<Loaded>>>();
        let (started, start) = oneshot::channel();
        let loader = cache.clone();
        let loading = tokio::spawn(async move {
            let load = async move {
                started.send(()).expect("the test waits");
                answer.await.expect("an answer")
            };
            loader.get_or_load(&key("a"), load.boxed()).await
        });
        start.await.expect("the load begins");
        evict(&f, "a").await;
        truth.send(found("old")).expect("the load waits");
        loading.await.expect("the loader").expect("load");
        assert_eq!(ask(&f.stores.cache, "new").await, "new");
        assert_eq!(ask(&f.other.cache, "new").await, "new");
        evict(&f, "a").await;
    }
}

pub async fn who_comes_after_an_eviction_does_not_wait_for_a_load_from_before(f: Fixture) {
    warm(&f).await;
    let (started, start) = oneshot::channel();
    let loader = f.stores.cache.clone();
    let stuck = tokio::spawn(async move {
        let load = async move {
            started.send(()).expect("the test waits");
            pending().await
        };
        loader.get_or_load(&key("a"), load.boxed()).await
    });
    start.await.expect("the load begins");
    evict(&f, "a").await;
    assert_eq!(ask(&f.stores.cache, "new").await, "new");
    assert_eq!(ask(&f.other.cache, "new").await, "new");
    stuck.abort();
}

pub async fn of_all_in_a_process_who_want_an_entry_one_loads(f: Fixture) {
    warm(&f).await;
    let loads = AtomicUsize::new(0);
    let counted = async || {
        loads.fetch_add(1, Ordering::AcqRel);
        tokio::time::sleep(Duration::from_millis(200)).await;
        found("1")
    };
    let callers = (0..20).map(|number| {
        let cache = if number % 2 == 0 { &f.stores.cache } else { &f.other.cache };
        let counted = &counted;
        async move { cache.get_or_load(&key("a"), Box::pin(counted())).await }
    });
    let answers = join_all(callers).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(Option::is_some)), "{answers:?}");
    // One for each instance, or one for both where they share a tier.
    assert!((1..=2).contains(&loads.load(Ordering::Acquire)), "{loads:?}");
}

pub async fn a_loader_that_gives_up_is_replaced(f: Fixture) {
    warm(&f).await;
    let (started, start) = oneshot::channel();
    let loader = f.stores.cache.clone();
    let stuck = tokio::spawn(async move {
        let load = async move {
            started.send(()).expect("the test waits");
            pending().await
        };
        loader.get_or_load(&key("a"), load.boxed()).await
    });
    start.await.expect("the load begins");
    let (here, there) = (f.stores.cache.clone(), f.other.cache.clone());
    let waiting = [here, there].map(|cache| tokio::spawn(async move { ask(&cache, "1").await }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    stuck.abort();
    for waiting in waiting {
        assert_eq!(waiting.await.expect("one who waits"), "1");
    }
}

pub async fn clearing_empties_one_space_everywhere(f: Fixture) {
    warm(&f).await;
    let spared = CacheKey::new("promise-2", b"a");
    f.stores.cache.put(&spared, Bytes::from_static(b"1"), LIFE).await;
    for name in 0..50 {
        let load = ready(found("old")).boxed();
        let cache = if name % 2 == 0 { &f.stores.cache } else { &f.other.cache };
        cache.get_or_load(&key(&name.to_string()), load).await.expect("load");
    }
    f.other.cache.clear("promise").await.expect("clear");
    for name in 0..50 {
        assert_eq!(f.stores.cache.get(&key(&name.to_string())).await, None, "{name}");
        assert_eq!(f.other.cache.get(&key(&name.to_string())).await, None, "{name}");
    }
    assert_eq!(f.stores.cache.get(&spared).await.as_deref(), Some(&b"1"[..]));
}

pub async fn an_instance_that_ended_delays_evictions_by_seconds_at_most(f: Fixture) {
    warm(&f).await;
    let Fixture { stores, other, .. } = f;
    drop(other);
    for _ in 0..3 {
        let keys = [key("a")];
        let evicting = stores.cache.evict(&keys);
        assert_eq!(tokio::time::timeout(SECOND * 6, evicting).await, Ok(Ok(())));
    }
}
