//! Whole worlds from seeds: nothing that was accepted is lost, whatever fails.
//!
//! `RESTANTE_SEED` runs one seed alone, and `RESTANTE_SEEDS` so many of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use testkit::simulation::{self, Mischief, Outcome};

/// Worlds in the usual run.
const SEEDS: u64 = 2_000;

/// A broken promise has to show within so many worlds.
const SEEDS_TO_NOTICE: u64 = 60;

#[expect(
    clippy::disallowed_methods,
    reason = "a failing seed is repeated by naming it in the environment"
)]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn run(seed: u64, mischief: Option<Mischief>) -> Result<Outcome, String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| simulation::run(seed, mischief)));
    let outcome = outcome.map_err(|_| format!("seed {seed} panicked"))?;
    match outcome.violations.as_slice() {
        [] => Ok(outcome),
        violations => Err(format!("{}\nseed {seed}: {violations:?}", outcome.story)),
    }
}

fn check(seed: u64) -> Outcome {
    run(seed, None).unwrap_or_else(|story| {
        panic!(
            "{story}\nrepeat it with: RESTANTE_SEED={seed} cargo test -p testkit --test simulation"
        )
    })
}

#[test]
fn what_was_accepted_is_delivered_in_order_whatever_fails() {
    if let Some(seed) = setting("RESTANTE_SEED") {
        let outcome = check(seed);
        println!("{}{} messages, {} faults", outcome.story, outcome.messages, outcome.faults);
        return;
    }
    let seeds = setting("RESTANTE_SEEDS").unwrap_or(SEEDS);
    let (next, messages, faults) = (AtomicU64::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                while let Some(seed) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds)
                {
                    let outcome = check(seed);
                    messages.fetch_add(outcome.messages, Ordering::Relaxed);
                    faults.fetch_add(outcome.faults, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{seeds} worlds, {messages:?} messages, {faults:?} faults");
    assert!(messages.load(Ordering::Relaxed) as u64 > seeds, "these worlds are empty");
    assert!(faults.load(Ordering::Relaxed) as u64 > seeds, "nothing fails in these worlds");
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in 0..20 {
        assert_eq!(
            simulation::run(seed, None).story,
            simulation::run(seed, None).story,
            "seed {seed}"
        );
    }
}

#[test]
fn every_promise_that_a_store_breaks_is_noticed() {
    for mischief in Mischief::ALL {
        let noticed = (0..SEEDS_TO_NOTICE).find(|seed| run(*seed, Some(mischief)).is_err());
        assert!(noticed.is_some(), "{mischief:?} went unnoticed");
    }
}
