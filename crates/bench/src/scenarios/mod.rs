//! What wallets and senders do.

mod course;
mod day;
mod live;
mod measuring;
mod onboarding;
mod queue;
mod sockets;

use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio_util::sync::CancellationToken;

use crate::introduction::Mediator;
use crate::plan::{Plan, Scenario};
use crate::process::Watched;
use crate::report::Report;
use crate::trouble::Trouble;
use crate::wallet::Tools;
use crate::wire::{Dialer, Poster, Sources};

/// What every scenario starts with.
struct Setting {
    plan: Plan,
    mediators: Vec<Arc<Mediator>>,
    tools: Tools,
    watched: Watched,
    /// Decides the keys of all wallets; another in each run, lest a mediator knows them already.
    seed: u64,
    stop: CancellationToken,
}

/// Does what `plan` says, and ends early when `stop` fires: then the report has what was measured until then.
///
/// # Errors
/// If the mediator cannot be reached or does not want to, or it was stopped before anything was measured.
pub async fn run(plan: Plan, stop: CancellationToken) -> Result<Report, Trouble> {
    let setting = Setting::new(plan, stop).await?;
    match setting.plan.scenario {
        Scenario::Onboarding => onboarding::run(&setting).await,
        Scenario::Live => live::run(&setting).await,
        Scenario::Queue => queue::run(&setting).await,
        Scenario::Sockets => sockets::run(&setting).await,
        Scenario::Day => day::run(&setting).await,
    }
}

impl Setting {
    async fn new(plan: Plan, stop: CancellationToken) -> Result<Self, Trouble> {
        let watched = Watched::new(&plan.pids);
        if let Some(pid) = watched.missing() {
            return Err(Trouble::Here(format!("there is no process {pid} to be watched")));
        }
        let sources = Sources { sockets: plan.wallets };
        let (poster, dialer) = (Poster::new(plan.patience)?, Dialer::new(sources, plan.patience)?);
        let meeting = plan
            .invitations
            .iter()
            .map(|invitation| Mediator::meet(invitation, plan.handshakes, &poster));
        let mediators: Vec<Arc<Mediator>> =
            try_join_all(meeting).await?.into_iter().map(Arc::new).collect();
        for mediator in &mediators {
            mediator.reached_at(plan.http.as_deref(), plan.socket.as_deref())?;
        }
        let tools = Tools { poster, dialer, patience: plan.patience };
        Ok(Self { plan, mediators, tools, watched, seed: any_number(), stop })
    }

    /// Where the wallet of this number lives, and where it is written to: with several mediators, the next one.
    fn homes(&self, number: u32) -> (&Arc<Mediator>, &Arc<Mediator>) {
        let count = self.mediators.len();
        let turn = number as usize % count;
        (&self.mediators[turn], &self.mediators[(turn + 1) % count])
    }
}

/// The standard library seeds each hasher with chance from the system.
fn any_number() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}
