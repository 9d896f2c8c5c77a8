use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use store::{Clock, Result};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::apply::apply;
use super::board::Board;
use super::census::Census;
use super::maps::{AssignmentMaps, Snapshot};
use super::plan::{plan, plan_for_new};

/// New keys that are assigned together.
const TOGETHER: usize = 1_024;

/// How fast the assigner works.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    /// From one pass over the maps to the next.
    pub every: Duration,
    /// How long mail may wait at an instance that shows no life, beside a whole round of its keys.
    pub patience: Duration,
}

/// Assigns keys, and keeps the maps in order.
pub(crate) struct Assigner<M> {
    maps: M,
    clock: Arc<dyn Clock>,
    board: Arc<Board>,
    census: Census,
    seen: Snapshot,
    every: Duration,
}

impl<M: AssignmentMaps> Assigner<M> {
    pub fn new(maps: M, clock: Arc<dyn Clock>, board: Arc<Board>, pace: &Pace) -> Self {
        let census = Census::new(pace.patience);
        Self { maps, clock, board, census, seen: Snapshot::default(), every: pace.every }
    }

    /// Works until `stop`.
    pub async fn run(mut self, mut arrivals: mpsc::Receiver<String>, stop: CancellationToken) {
        let _ = stop.run_until_cancelled(self.work(&mut arrivals)).await;
    }

    async fn work(&mut self, arrivals: &mut mpsc::Receiver<String>) {
        let mut next = Instant::now();
        loop {
            let mut kids = Vec::new();
            let worked = tokio::select! { biased;
                () = sleep_until(next) => {
                    let worked = self.pass().await;
                    next = Instant::now() + self.rest();
                    worked
                }
                count = arrivals.recv_many(&mut kids, TOGETHER) => {
                    if count == 0 {
                        return;
                    }
                    self.assign(kids.into_iter().collect()).await
                }
            };
            if let Err(error) = worked {
                tracing::warn!(%error, "keys could not be assigned to instances of the plug-in; trying again");
            }
        }
    }

    /// Until the next pass. Large maps are read less often; mail that nobody could be given is looked after more often.
    fn rest(&self) -> Duration {
        let keys = u32::try_from(self.seen.owners.len()).unwrap_or(u32::MAX);
        let usual = self.every + Duration::from_micros(100).saturating_mul(keys);
        if self.seen.lists.is_empty() { self.every / 4 } else { usual }
    }

    /// Reads all maps, and makes them agree.
    pub async fn pass(&mut self) -> Result<()> {
        let seen = self.maps.snapshot().await?;
        let kids = seen.lists.values().flat_map(|list| list.0.iter().cloned()).collect();
        let waiting = self.maps.waiting(kids).await?;
        let now = self.clock.now();
        self.census.look(now, &seen, &waiting);
        let lost: BTreeSet<_> = self.board.missing_in(&seen.owners).into_iter().collect();
        let plan = plan(&seen, &lost, &self.census, now);
        for uid in &plan.dismissals {
            tracing::warn!(instance = %uid, "an instance of the plug-in leaves its mail where it is; others get its keys");
        }
        let taken = apply(&self.maps, &plan, now).await?;
        let mut owners = seen.owners.clone();
        owners.extend(taken);
        let settled = seen.unassigned.iter().filter(|kid| owners.contains_key(*kid)).cloned();
        self.maps.settle(&settled.collect()).await?;
        self.board.replace(owners);
        self.seen = seen;
        Ok(())
    }

    /// Gives new keys an instance. Without instances they wait for a pass that finds one.
    pub(super) async fn assign(&mut self, kids: BTreeSet<String>) -> Result<()> {
        let now = self.clock.now();
        let kids: BTreeSet<_> =
            kids.into_iter().filter(|kid| self.board.owner(kid).is_none()).collect();
        let plan = plan_for_new(&self.seen, &kids, &self.census, now);
        let taken = apply(&self.maps, &plan, now).await?;
        self.board.extend(&taken);
        for (kid, uid) in &taken {
            if let Some(list) = self.seen.lists.get_mut(uid) {
                list.0.insert(kid.clone());
            }
        }
        self.maps.settle(&taken.into_keys().collect()).await
    }
}
