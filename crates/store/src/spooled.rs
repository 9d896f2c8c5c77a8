//! Mail that waits on this machine for the engine to come back.

mod letter;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use didcomm::Destination;
use parking_lot::Mutex;

use crate::{
    Appended, Clock, Demand, Depth, Epoch, Holder, Letter, Mail, Mailbox, Manner, Position, Quota,
    RecipientId, Result, StoreError, Timestamp, Watch,
};

/// A mailbox whose appends outlast an engine that is away: they go to a bounded, durable store of this machine, the *spool*, and
/// from there to the engine when it is back.
///
/// # What it trades
///
/// A letter in the spool is accepted, and durable as this machine's disk is. But nobody can fetch it until it has moved, other instances do
/// not know of it, and it is gone if this machine is. What is accepted here while the engine is away keeps its order, per
/// mailbox, among itself and with what comes later through this instance; what other instances accept meanwhile may come before it. It is
/// told apart from its own retries; a retry that another instance took is told apart when it moves. Who sees what waits for the engine only
/// cannot tell whether a mailbox is full: the quota is not asked, and `room` is the bound.
///
/// Everything but appending needs the engine, and fails while that is away.
pub struct Spooled {
    engine: Arc<dyn Mailbox>,
    spool: Arc<dyn Mailbox>,
    clock: Arc<dyn Clock>,
    room: Quota,
    /// Letters in the spool by owner; who has some must go on using it, or mail would overtake them.
    waiting: Mutex<HashMap<RecipientId, usize>>,
    /// Whether what an earlier process left has been moved.
    is_caught_up: AtomicBool,
}

/// The one mailbox of the spool.
const SPOOL: RecipientId = RecipientId(*b"the spool itself");

/// Letters that are moved at a time.
const STEP: Demand = Demand { messages: 100, bytes: 4 << 20, key: None, window: usize::MAX };

impl Spooled {
    /// Puts `spool`, a store that serves nothing else, before `engine`. It holds as much as `room` says.
    ///
    /// Until [`Spooled::unload`] has found the spool empty once, everything goes through it: a former process may have left mail in
    /// there that must not be overtaken.
    pub fn new(
        engine: Arc<dyn Mailbox>,
        spool: Arc<dyn Mailbox>,
        clock: Arc<dyn Clock>,
        room: Quota,
    ) -> Self {
        let is_caught_up = AtomicBool::new(false);
        Self { engine, spool, clock, room, waiting: Mutex::default(), is_caught_up }
    }

    /// Moves letters from the spool to the engine until the spool is empty, and says how many. Call it again and again.
    ///
    /// # Errors
    /// As the engine or the spool fail; what was not moved stays.
    pub async fn unload(&self) -> Result<usize> {
        let mut moved = 0;
        loop {
            let letters = self.spool.peek(SPOOL, &STEP).await?;
            if letters.is_empty() {
                self.is_caught_up.store(true, Ordering::Release);
                return Ok(moved);
            }
            for spooled in letters {
                self.unload_one(spooled).await?;
                moved += 1;
            }
        }
    }

    /// How much is in the spool.
    ///
    /// # Errors
    /// As the spool fails.
    pub async fn backlog(&self) -> Result<Depth> {
        self.spool.depth(SPOOL, None).await
    }

    async fn unload_one(&self, spooled: Mail) -> Result<()> {
        let position = spooled.position;
        let Some((owner, letter)) = letter::unpack(spooled) else {
            tracing::error!("a letter in the spool cannot be read, it is thrown away");
            return self.forget(position, None).await;
        };
        if letter.expires > self.clock.now() {
            self.engine.append(owner, letter).await?;
        }
        self.forget(position, Some(owner)).await
    }

    async fn forget(&self, position: Position, owner: Option<RecipientId>) -> Result<()> {
        self.spool.acknowledge(SPOOL, &[position], None).await?;
        if let Some(owner) = owner {
            self.leave(owner);
        }
        Ok(())
    }

    fn enter(&self, owner: RecipientId) {
        *self.waiting.lock().entry(owner).or_default() += 1;
    }

    fn leave(&self, owner: RecipientId) {
        let mut waiting = self.waiting.lock();
        // What an earlier process left was never entered.
        if let Some(letters) = waiting.get_mut(&owner) {
            *letters -= 1;
            if *letters == 0 {
                waiting.remove(&owner);
            }
        }
    }

    fn must_queue_up(&self, owner: RecipientId) -> bool {
        !self.is_caught_up.load(Ordering::Acquire) || self.waiting.lock().contains_key(&owner)
    }

    /// Keeps the letter on this machine; `away` is the answer if there is no room.
    async fn spool(
        &self,
        owner: RecipientId,
        letter: &Letter,
        away: StoreError,
    ) -> Result<Appended> {
        self.enter(owner);
        let kept = self.spool.append(SPOOL, letter::pack(owner, letter, self.room)).await;
        if !matches!(kept, Ok(Appended::Stored { .. })) {
            self.leave(owner);
        }
        match kept? {
            Appended::MailboxFull => Err(away),
            kept => Ok(kept),
        }
    }
}

#[async_trait]
impl Mailbox for Spooled {
    async fn append(&self, owner: RecipientId, letter: Letter) -> Result<Appended> {
        if self.must_queue_up(owner) {
            let full = StoreError::Unavailable("the spool is full".to_owned());
            return self.spool(owner, &letter, full).await;
        }
        match self.engine.append(owner, letter.clone()).await {
            Err(away @ StoreError::Unavailable(_)) => self.spool(owner, &letter, away).await,
            done => done,
        }
    }

    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>> {
        self.engine.peek(owner, demand).await
    }

    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>> {
        self.engine.lease(owner, holder, until, demand).await
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        self.engine.acknowledge(owner, ids, by).await
    }

    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()> {
        self.engine.release(owner, holder, linger).await
    }

    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth> {
        self.engine.depth(owner, key).await
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch> {
        self.engine.watch(owner, epoch, manner).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.engine.expire(now, limit).await
    }
}
