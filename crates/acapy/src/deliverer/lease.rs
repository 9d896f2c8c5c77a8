//! Lanes that this process holds, and until when.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use store::Result;
use tokio::time::Instant;

use super::lanes::{Going, Lanes};

/// How long a lane stays leased without a sign of life of its holder: that long its endpoint gets nothing if the holder is
/// killed.
pub(super) const LEASE: Duration = Duration::from_secs(4);

/// How often signs of life are given.
pub(super) const BEAT: Duration = Duration::from_secs(1);

/// How long it is tried to tell Redis what became of an entry, before it is tried a second time.
const PATIENCE: Duration = Duration::from_secs(10);

/// One lane, leased.
#[derive(Debug)]
pub(super) struct Lease {
    pub lane: String,
    token: String,
    lanes: Lanes,
    until: Mutex<Instant>,
}

impl Lease {
    /// Whether nobody else can have it yet.
    pub fn is_valid(&self) -> bool {
        Instant::now() < *self.until.lock()
    }

    /// Forgets an entry, and reads on if so wished. What arrived must not be forgotten over a Redis that is away for a moment.
    pub async fn finish(&self, id: Option<&str>, more: bool) -> Result<Going> {
        patiently(|| self.lanes.finish(self.name(), LEASE, id, more)).await
    }

    /// Buries an entry. False if the lane is somebody else's.
    pub async fn bury(&self, id: &str, obituary: (&str, u32, &str)) -> Result<bool> {
        self.lanes.bury(self.name(), id, obituary).await
    }

    /// Gives the lane back for a while.
    pub async fn defer(&self, wait: Duration, head: Option<(&str, u32)>) -> Result<bool> {
        patiently(|| self.lanes.defer(self.name(), wait, head)).await
    }

    /// Notes that an entry is being tried for this time, or what came of it. False if the lane is somebody else's.
    pub async fn mark(&self, id: &str, failures: u32) -> Result<bool> {
        patiently(|| self.lanes.mark(self.name(), id, failures)).await
    }

    fn name(&self) -> (&str, &str) {
        (&self.lane, &self.token)
    }
}

/// Does again what Redis was not there for; all of it may be done twice.
async fn patiently<T, F: Future<Output = Result<T>>>(act: impl Fn() -> F) -> Result<T> {
    let begun = Instant::now();
    loop {
        match act().await {
            Err(error) if error_passes(&error) && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            outcome => return outcome,
        }
    }
}

fn error_passes(error: &store::StoreError) -> bool {
    matches!(error, store::StoreError::Unavailable(_))
}

/// All leases of one process for one list.
#[derive(Debug)]
pub(super) struct Leases {
    lanes: Lanes,
    held: Mutex<HashMap<String, Arc<Lease>>>,
}

impl Leases {
    pub fn new(lanes: Lanes) -> Self {
        Self { lanes, held: Mutex::default() }
    }

    /// A lane that was leased at this moment, or later.
    pub fn add(&self, lane: String, token: &str, leased: Instant) -> Arc<Lease> {
        let until = Mutex::new(leased + LEASE);
        let (token, lanes) = (token.to_owned(), self.lanes.clone());
        let lease = Arc::new(Lease { lane: lane.clone(), token, lanes, until });
        self.held.lock().insert(lane, lease.clone());
        lease
    }

    /// A lane that nobody here works on any more.
    pub fn remove(&self, lease: &Arc<Lease>) {
        let mut held = self.held.lock();
        if held.get(&lease.lane).is_some_and(|other| Arc::ptr_eq(other, lease)) {
            held.remove(&lease.lane);
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.held.lock().len()
    }

    /// Gives a sign of life for all of them.
    pub async fn beat(&self) -> Result<()> {
        let held: Vec<_> = self.held.lock().values().cloned().collect();
        if held.is_empty() {
            return Ok(());
        }
        let asked = Instant::now();
        let names: Vec<_> =
            held.iter().map(|lease| (lease.lane.clone(), lease.token.clone())).collect();
        let lost = self.lanes.renew(&names, LEASE).await?;
        for lease in held {
            let until = if lost.contains(&lease.lane) { asked } else { asked + LEASE };
            *lease.until.lock() = until;
        }
        Ok(())
    }
}
