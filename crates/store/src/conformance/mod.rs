//! The promises of the traits, as tests that every store has to pass.
//!
//! A store's tests say `store::conformance!(fixture)`, where `fixture` is an `async fn() -> Fixture` that gives fresh, empty
//! stores each time. Every promise becomes a test of its own, or of its module where engines are slow to start. How a second instance reaches the same data, and how the
//! engine ends and comes back, is said by an [`Engine`].
#![expect(missing_docs, reason = "the name of a promise is its sentence")]

pub mod acknowledging;
pub mod appending;
pub mod cache;
mod clock;
pub mod connections;
pub mod dead_letters;
pub mod expiring;
mod fixture;
pub mod in_flight;
pub mod keylists;
mod list;
pub mod mishaps;
pub mod presence;
pub mod queue;
pub mod queue_restarting;
pub mod reading;
pub mod restarting;
pub mod waking;

use std::time::Duration;

pub use clock::ManualClock;
pub use fixture::{Engine, Fixture};

/// How long a promise may take, by the wall clock: a store that hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs one promise against a fresh fixture.
///
/// # Panics
/// If the promise is broken.
pub fn run(factory: impl AsyncFnOnce() -> Fixture, promise: impl AsyncFnOnce(Fixture)) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().expect("a runtime");
    let kept = async { tokio::time::timeout(PATIENCE, promise(factory().await)).await };
    runtime.block_on(kept).expect("the store answers in time");
}

/// A promise by its name, and how to test it.
pub type Named<'a> = (&'a str, &'a (dyn Fn() + Sync));

/// Tests all of these, one after another, each on a thread of its name.
///
/// # Panics
/// If any is broken, with the names of all that are.
pub fn run_all(promises: &[Named<'_>]) {
    let is_broken = |(name, test): &&Named<'_>| {
        std::thread::scope(|scope| {
            let named = std::thread::Builder::new().name((*name).to_owned());
            named.spawn_scoped(scope, test).expect("a thread").join().is_err()
        })
    };
    let broken: Vec<_> = promises.iter().filter(is_broken).map(|(name, _)| *name).collect();
    assert!(broken.is_empty(), "broken: {}", broken.join(", "));
}
