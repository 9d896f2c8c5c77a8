use std::sync::atomic::AtomicUsize;

use futures_util::FutureExt;
use futures_util::future::{join_all, pending, ready};
use tokio::sync::oneshot;

use super::*;
use crate::StoreError;

const LIFE: Duration = Duration::from_secs(60);

struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Acquire))
    }
}

fn key(name: &str) -> CacheKey {
    CacheKey::new("test", name.as_bytes())
}

fn cache() -> (Arc<HandClock>, LocalCache) {
    let clock = Arc::new(HandClock(AtomicU64::new(1_000)));
    (clock.clone(), LocalCache::among_others(clock, 1 << 20))
}

fn trusted() -> LocalCache {
    let (_, cache) = cache();
    cache.trust(Timestamp(5_000));
    cache
}

fn found(text: &'static str) -> Result<Option<Loaded>> {
    Ok(Some(Loaded { value: Bytes::from_static(text.as_bytes()), life: LIFE }))
}

fn value(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
async fn a_cache_that_is_not_trusted_keeps_nothing_and_knows_nothing() {
    let (clock, cache) = cache();
    cache.put(&key("a"), value("1"), LIFE);
    assert_eq!(cache.get_or_load(&key("a"), ready(found("2"))).await, Ok(Some(value("2"))));
    cache.trust(Timestamp(2_000));
    assert_eq!(cache.get(&key("a")), None);
    cache.put(&key("a"), value("3"), LIFE);
    assert_eq!(cache.get(&key("a")), Some(value("3")));
    clock.0.store(2_000, Ordering::Release);
    assert_eq!(cache.get(&key("a")), None);
}

#[test]
fn trust_that_goes_on_keeps_the_entries_and_trust_that_had_ended_does_not() {
    let (clock, cache) = cache();
    cache.trust(Timestamp(2_000));
    cache.put(&key("a"), value("1"), LIFE);
    cache.trust(Timestamp(3_000));
    clock.0.store(2_500, Ordering::Release);
    assert_eq!(cache.get(&key("a")), Some(value("1")));
    clock.0.store(3_000, Ordering::Release);
    cache.trust(Timestamp(4_000));
    assert!(cache.is_trusted());
    assert_eq!(cache.get(&key("a")), None);
}

#[tokio::test]
async fn a_load_from_before_a_lapse_of_trust_is_not_kept() {
    let cache = trusted();
    let (truth, answer) = oneshot::channel();
    let (a, b) = (key("a"), key("b"));
    let mut loading =
        Box::pin(cache.get_or_load(&a, answer.map(|answer| answer.unwrap_or_else(|_| Ok(None)))));
    assert!((&mut loading).now_or_never().is_none());
    let guard = cache.guard(&b);
    cache.distrust();
    cache.trust(Timestamp(5_000));
    truth.send(found("old")).expect("the load waits");
    assert_eq!(loading.await, Ok(Some(value("old"))));
    cache.fill(&b, guard, value("old"), LIFE);
    assert_eq!((cache.get(&a), cache.get(&b)), (None, None));
}

#[tokio::test]
async fn who_comes_after_an_eviction_does_not_join_a_load_from_before() {
    let cache = trusted();
    let a = key("a");
    let mut old = Box::pin(cache.get_or_load(&a, pending()));
    assert!((&mut old).now_or_never().is_none());
    cache.evict(std::slice::from_ref(&a));
    assert_eq!(cache.get_or_load(&a, ready(found("new"))).await, Ok(Some(value("new"))));
    drop(old);
    assert_eq!(cache.get(&a), Some(value("new")));
}

#[test]
fn a_value_that_was_looked_up_before_an_eviction_is_not_filled_in() {
    let cache = trusted();
    let guard = cache.guard(&key("a"));
    cache.evict(&[key("a")]);
    cache.fill(&key("a"), guard, value("old"), LIFE);
    assert_eq!(cache.get(&key("a")), None);
    cache.fill(&key("a"), cache.guard(&key("a")), value("new"), LIFE);
    assert_eq!(cache.get(&key("a")), Some(value("new")));
}

#[tokio::test]
async fn those_who_wait_for_a_load_that_is_given_up_load_themselves_one_after_another() {
    let cache = trusted();
    let loads = AtomicUsize::new(0);
    let a = key("a");
    let mut first = Box::pin(cache.get_or_load(&a, pending()));
    assert!((&mut first).now_or_never().is_none());
    let counted = || async {
        loads.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        found("1")
    };
    let mut others = Box::pin(join_all((0..9).map(|_| cache.get_or_load(&a, counted()))));
    assert!((&mut others).now_or_never().is_none());
    drop(first);
    assert!(others.await.iter().all(|outcome| *outcome == Ok(Some(value("1")))));
    assert_eq!(loads.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn all_who_wait_hear_of_a_failure_and_the_next_one_tries_again() {
    let cache = trusted();
    let a = key("a");
    let failure = StoreError::Unavailable("away".into());
    let failing = || async {
        tokio::task::yield_now().await;
        Err(failure.clone())
    };
    let outcomes = join_all((0..3).map(|_| cache.get_or_load(&a, failing()))).await;
    assert_eq!(outcomes, vec![Err(failure.clone()); 3]);
    assert_eq!(cache.get_or_load(&a, ready(found("1"))).await, Ok(Some(value("1"))));
}

#[test]
fn no_more_is_kept_than_there_is_room_for() {
    let cache = trusted();
    for number in 0..10_000_u32 {
        cache.put(&key(&number.to_string()), vec![0; 1_000].into(), LIFE);
    }
    let kept = (0..10_000_u32).filter(|number| cache.get(&key(&number.to_string())).is_some());
    assert!((500..=1_048).contains(&kept.count()));
}
