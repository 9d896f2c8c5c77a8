//! Leases lanes and sets somebody to each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::Result;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::lanes::{From, Going, Job, Lanes};
use super::lease::{BEAT, Lease, Leases};
use super::tally::Tally;
use super::trade::{Fate, Trade};

/// Lanes that are leased at a time.
const LANES: usize = 64;

/// Entries after which a lane has to stand in line again, if it has more.
const TURN: usize = 256;

/// How long nothing is looked for when there was nothing: at first, and at most.
const IDLE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(100));

/// How long to wait for a Redis that fails.
const FAILED: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Foreman<T> {
    lanes: Lanes,
    leases: Leases,
    trade: T,
    tally: Arc<Tally>,
    instance: String,
    claims: AtomicU64,
    turns: Arc<Semaphore>,
    workers: TaskTracker,
    stop: CancellationToken,
}

impl<T: Trade> Foreman<T> {
    /// One that deals with up to `parallel` lanes at a time, until `stop` fires.
    pub fn new(
        lanes: Lanes,
        trade: T,
        (instance, parallel): (&str, usize),
        tally: Arc<Tally>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            leases: Leases::new(lanes.clone()),
            lanes,
            trade,
            tally,
            instance: instance.to_owned(),
            claims: AtomicU64::new(0),
            turns: Arc::new(Semaphore::new(parallel.max(1))),
            workers: TaskTracker::new(),
            stop,
        })
    }

    /// Works until it is told to stop and what is in hand has come to an end.
    pub async fn run(self: Arc<Self>) {
        let beating = tokio::spawn(self.clone().beat());
        let mut idle = IDLE.0;
        while !self.stop.is_cancelled() {
            let pause = self.clone().round(&mut idle).await.unwrap_or_else(|error| {
                self.tally.failed(T::WHAT, &error);
                FAILED
            });
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.cancelled() => {}
            }
        }
        self.workers.close();
        self.workers.wait().await;
        beating.abort();
    }

    /// Leases, sets to work, moves what is new. Answers how long to wait until the next time.
    async fn round(self: Arc<Self>, idle: &mut Duration) -> Result<Duration> {
        let token = format!("{}:{}", self.instance, self.claims.fetch_add(1, Ordering::Relaxed));
        let (free, asked) = (self.turns.available_permits().min(LANES), Instant::now());
        let claim = self.lanes.claim(&token, super::lease::LEASE, free).await?;
        let claimed = claim.lanes.len();
        for (lane, jobs) in claim.lanes {
            let lease = self.leases.add(lane, &token, asked);
            self.clone().set_to_work(lease, jobs).await;
        }
        let mut moved = 0;
        if claim.listed > 0 {
            moved += self.sort(From::List, &token).await?;
        }
        if claim.streamed > 0 {
            moved += self.sort(From::Stream, &token).await?;
        }
        self.tally.looked(T::WHAT);
        let busy = moved > 0 || (claimed > 0 && claimed == free);
        *idle = if busy || claimed > 0 { IDLE.0 } else { (*idle * 2).min(IDLE.1) };
        let next = if free > 0 { claim.next.unwrap_or(*idle) } else { *idle };
        Ok(if busy { Duration::ZERO } else { next.clamp(Duration::from_millis(1), *idle) })
    }

    async fn sort(&self, from: From, token: &str) -> Result<usize> {
        let peeked = self.lanes.peek(from, token).await?;
        if peeked.is_empty() {
            return Ok(0);
        }
        let place = |entry: &[u8]| {
            if entry.is_empty() {
                Err("empty or too large".to_owned())
            } else {
                self.trade.place(entry)
            }
        };
        let places: Vec<_> =
            peeked.into_iter().map(|one| (one.handle, place(&one.entry))).collect();
        self.tally.junk(places.iter().filter(|(_, place)| place.is_err()).count());
        self.lanes.sort(from, token, &places).await
    }

    async fn set_to_work(self: Arc<Self>, lease: Arc<Lease>, jobs: Vec<Job>) {
        // No more lanes were leased than there are turns.
        let Ok(turn) = self.turns.clone().acquire_owned().await else { return };
        let foreman = self.clone();
        self.workers.spawn(foreman.work(lease, jobs, turn));
    }

    async fn work(self: Arc<Self>, lease: Arc<Lease>, jobs: Vec<Job>, turn: OwnedSemaphorePermit) {
        if let Err(error) = self.serve(&lease, jobs.into()).await {
            // The lease runs out, and somebody goes on from where this stopped.
            self.tally.failed(T::WHAT, &error);
        }
        self.leases.remove(&lease);
        drop(turn);
    }

    /// Deals with the entries of a lane, one after the other, until it is empty, fails or has had its turn.
    async fn serve(&self, lease: &Arc<Lease>, mut jobs: VecDeque<Job>) -> Result<()> {
        let mut served = 0;
        while let Some(job) = jobs.pop_front() {
            if !lease.is_valid() {
                return Ok(());
            }
            if served == TURN || self.stop.is_cancelled() {
                return lease.defer(Duration::ZERO, None).await.map(drop);
            }
            let finished = match self.trade.attempt(&job, lease).await {
                Fate::Done => Some(job.id.as_str()),
                Fate::Later { failures, wait } => {
                    self.tally.put_off();
                    return lease.defer(wait, Some((&job.id, failures))).await.map(drop);
                }
                Fate::Dead { endpoint, attempts, reason } => {
                    self.tally.buried(T::WHAT, &endpoint, attempts, &reason);
                    lease.bury(&job.id, (&endpoint, attempts, &reason)).await?;
                    None
                }
                Fate::Lost => return Ok(()),
            };
            match lease.finish(finished, jobs.is_empty()).await? {
                Going::On(more) => jobs.extend(more),
                Going::Empty | Going::Lost => return Ok(()),
            }
            served += 1;
        }
        Ok(())
    }

    async fn beat(self: Arc<Self>) {
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            beats.tick().await;
            if let Err(error) = self.leases.beat().await {
                self.tally.failed(T::WHAT, &error);
            }
            self.tally.working_on(T::WHAT, self.leases.count());
        }
    }
}
