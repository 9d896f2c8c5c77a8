//! The connections of one process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use store::{Result, StoreError};
use tokio::time::{Instant, timeout};
use tokio_postgres::Row;

use crate::error::{failure, is_collision, is_on_the_wrong_server};
use crate::link::{Dial, Link, PATIENCE, Parameters};

/// After a connection could not be made, the next attempt waits so long; who asks meanwhile gets the same answer.
const PAUSE: Duration = Duration::from_millis(100);
/// How often an act that met another one is tried.
const COLLISIONS: usize = 5;

/// Connections that are made when they are needed. An act takes an idle one, or a new one, or queues up on the one
/// with the fewest acts.
pub(crate) struct Pool {
    dial: Arc<Dial>,
    slots: Box<[Slot]>,
    last_failure: Mutex<Option<(Instant, StoreError)>>,
}

#[derive(Default)]
struct Slot {
    link: Mutex<Option<Arc<Link>>>,
    opening: tokio::sync::Mutex<()>,
    acts: AtomicUsize,
}

impl Pool {
    pub(crate) fn new(dial: Arc<Dial>, links: usize) -> Self {
        let slots = (0..links.max(1)).map(|_| Slot::default()).collect();
        Self { dial, slots, last_failure: Mutex::default() }
    }

    /// One act, its answer within [`PATIENCE`].
    pub(crate) async fn rows(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>> {
        let slot = self.choose();
        let _busy = Busy::on(slot);
        match timeout(PATIENCE, self.on(slot, sql, parameters)).await {
            Ok(answer) => answer,
            Err(_) => {
                slot.give_up();
                Err(StoreError::Unavailable("PostgreSQL does not answer".to_owned()))
            }
        }
    }

    /// The same for acts that give one row.
    pub(crate) async fn row(&self, sql: &'static str, parameters: Parameters<'_>) -> Result<Row> {
        self.rows(sql, parameters).await?.pop().ok_or_else(|| damaged("an act gave no row"))
    }

    async fn on(
        &self,
        slot: &Slot,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>> {
        let mut tries = 0;
        loop {
            let link = self.link(slot).await?;
            match link.rows(sql, parameters).await {
                Ok(rows) => return Ok(rows),
                Err(error) if is_collision(&error) && tries < COLLISIONS => tries += 1,
                Err(error) => {
                    if is_on_the_wrong_server(&error) {
                        slot.give_up();
                    }
                    return Err(failure(&error));
                }
            }
        }
    }

    fn choose(&self) -> &Slot {
        let cost = |slot: &&Slot| {
            let acts = slot.acts.load(Ordering::Relaxed);
            // An idle connection before a new one before a busy one.
            if acts == 0 && slot.open_link().is_some() { 0 } else { acts * 2 + 1 }
        };
        self.slots.iter().min_by_key(cost).unwrap_or(&self.slots[0])
    }

    async fn link(&self, slot: &Slot) -> Result<Arc<Link>> {
        if let Some(link) = slot.open_link() {
            return Ok(link);
        }
        let _one_at_a_time = slot.opening.lock().await;
        if let Some(link) = slot.open_link() {
            return Ok(link);
        }
        if let Some((at, error)) = &*self.last_failure.lock()
            && at.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        match Link::open(&self.dial).await {
            Ok(link) => Ok(slot.keep(link)),
            Err(error) => {
                let error = failure(&error);
                *self.last_failure.lock() = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

impl Slot {
    fn open_link(&self) -> Option<Arc<Link>> {
        self.link.lock().clone().filter(|link| !link.is_closed())
    }

    fn keep(&self, link: Link) -> Arc<Link> {
        let link = Arc::new(link);
        *self.link.lock() = Some(link.clone());
        link
    }

    /// The next act gets another connection.
    fn give_up(&self) {
        *self.link.lock() = None;
    }
}

struct Busy<'a>(&'a Slot);

impl<'a> Busy<'a> {
    fn on(slot: &'a Slot) -> Self {
        slot.acts.fetch_add(1, Ordering::Relaxed);
        Self(slot)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.acts.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
