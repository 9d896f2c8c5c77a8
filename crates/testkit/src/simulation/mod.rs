//! A small world from one seed: mediators over one store, wallets of every kind, senders, and a network and an engine that
//! fail, until they heal and everything that was accepted has to be there.
//!
//! One thread, paused time, and chance only from the seed: the same seed is the same history. Every message a mediator
//! hands over is noted in a [`History`](crate::History) and checked against the guarantees.

mod cast;
mod faults;
mod mailbox;
mod office;
mod plan;
mod presence;
mod roads;
mod sender;
mod wallet;
mod wire;
mod world;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

pub use mailbox::Mischief;
use plan::Plan;
pub use presence::Faint;
use wallet::Wallet;
use world::World;

use crate::Violation;

/// What came of a seed.
#[derive(Debug)]
pub struct Outcome {
    /// What was not as promised.
    pub violations: Vec<Violation>,
    /// Messages that were accepted.
    pub messages: usize,
    /// Faults that struck.
    pub faults: usize,
    /// What happened, in order.
    pub story: String,
}

/// Lets the world of this seed run to its end. With a `mischief`, its store breaks a promise.
///
/// # Panics
/// If the runtime cannot be built.
pub fn run(seed: u64, mischief: Option<Mischief>) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(history_of(seed, mischief))
}

/// After the healing, everything has to be in order within this time.
const CONVALESCENCE: Duration = Duration::from_secs(300);

async fn history_of(seed: u64, mischief: Option<Mischief>) -> Outcome {
    let plan = Plan::of(seed);
    let world = World::new(seed, plan, mischief).await;
    let mut people = JoinSet::new();
    for (place, kind) in world.plan.wallets.clone().into_iter().enumerate() {
        people.spawn(Wallet::new(world.clone(), place, kind).live());
    }
    people.spawn(faults::strike(world.clone()));
    let mut senders = JoinSet::new();
    for _ in 0..world.plan.senders {
        senders.spawn(sender::send(world.clone(), world.fork()));
    }
    finish(&world, senders, people).await;
    outcome(&world)
}

/// Waits until all is said and settled, or until it should have been.
async fn finish(world: &Arc<World>, mut senders: JoinSet<()>, mut people: JoinSet<()>) {
    watch_for_panics(world, &mut senders).await;
    tokio::time::sleep_until(world.heals).await;
    let deadline = tokio::time::Instant::now() + CONVALESCENCE;
    while tokio::time::Instant::now() < deadline && !world.is_settled() {
        sleep(Duration::from_millis(500)).await;
    }
    world.over.cancel();
    watch_for_panics(world, &mut people).await;
    world.close().await;
}

async fn watch_for_panics(world: &World, tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            world.complain(format!("somebody panicked: {error}"));
        }
    }
}

fn outcome(world: &World) -> Outcome {
    let mut violations = world.history.violations();
    violations.extend(world.left_behind());
    violations.extend(world.complaints());
    if world.plan.calm {
        violations.extend(world.history.repeated());
    }
    Outcome {
        violations,
        messages: world.history.accepted_count(),
        faults: world.faults(),
        story: format!("{:?}\n{}", world.plan, world.history.story()),
    }
}
