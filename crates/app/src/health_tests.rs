use async_trait::async_trait;
use store::{StoreError, Timestamp};

use super::*;
use crate::stores::Promise;

/// A server that is there or not.
struct Switch(AtomicBool);

#[async_trait]
impl Server for Switch {
    async fn time(&self) -> store::Result<Timestamp> {
        let here = self.0.load(Ordering::Relaxed);
        here.then_some(Timestamp(5_000_000)).ok_or(StoreError::Unavailable("off".to_owned()))
    }

    async fn promise(&self) -> store::Result<Promise> {
        Err(StoreError::Unavailable("not asked".to_owned()))
    }
}

fn watched(server: Arc<Switch>) -> Health {
    let engine = Watched { keeps: "mail", server, up: AtomicBool::new(true) };
    Health { engines: vec![Arc::new(engine)], spools: false }
}

async fn pass(seconds: u64) {
    for _ in 0..seconds * 10 {
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_is_away_after_two_questions_and_back_after_one_answer() {
    let switch = Arc::new(Switch(AtomicBool::new(true)));
    let health = watched(switch.clone());
    let stop = CancellationToken::new();
    health.watch(&Arc::new(SystemClock::start()), &stop);
    pass(2).await;
    assert!(health.is_good());
    switch.0.store(false, Ordering::Relaxed);
    pass(1).await;
    assert!(health.is_good(), "one hiccup is none");
    pass(2).await;
    assert!(!health.is_good());
    switch.0.store(true, Ordering::Relaxed);
    pass(2).await;
    assert!(health.is_good());
}

#[tokio::test(start_paused = true)]
async fn the_clock_follows_the_engine() {
    let clock = SystemClock::start();
    assert!(ask(&Switch(AtomicBool::new(true)), Some(&clock)).await);
    assert!(clock.now() < Timestamp(6_000_000));
    assert!(!ask(&Switch(AtomicBool::new(false)), Some(&clock)).await);
}
