//! The store's mailbox, made slower, less reliable, and on demand dishonest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use didcomm::Destination;
use parking_lot::Mutex;
use store::memory::MemoryStore;
use store::{
    Appended, Demand, Depth, Epoch, Holder, Letter, Mail, Mailbox, Manner, Position, RecipientId,
    Result, StoreError, Timestamp, Watch,
};
use tokio::time::sleep;

use crate::Random;

/// A promise that a store breaks. The simulation has to notice each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mischief {
    /// Says now and then that a letter is kept, and throws it away.
    ThrowsAway,
    /// Removes mail when it is handed out.
    RemovesWhatItHandsOut,
    /// Hands out pages from the back.
    TurnsPagesAround,
    /// Forgets at once what is in flight.
    ForgetsWhatIsInFlight,
    /// Puts a letter now and then into somebody else's mailbox.
    MixesUpMailboxes,
    /// Does not recognise a retry.
    KeepsRetries,
    /// Says that mail is removed, and keeps it.
    KeepsWhatIsAcknowledged,
}

impl Mischief {
    /// All of it.
    pub const ALL: [Self; 7] = [
        Self::ThrowsAway,
        Self::RemovesWhatItHandsOut,
        Self::TurnsPagesAround,
        Self::ForgetsWhatIsInFlight,
        Self::MixesUpMailboxes,
        Self::KeepsRetries,
        Self::KeepsWhatIsAcknowledged,
    ];
}

/// A mailbox over another.
pub(super) struct Unsteady {
    inner: Arc<MemoryStore>,
    mischief: Option<Mischief>,
    random: Mutex<Random>,
    kept: Mutex<BTreeMap<RecipientId, usize>>,
    /// While it is on, appends may happen and say that they failed.
    doubtful: AtomicBool,
}

impl Unsteady {
    pub fn new(inner: Arc<MemoryStore>, mischief: Option<Mischief>, random: Random) -> Self {
        let random = Mutex::new(random);
        Self { inner, mischief, random, kept: Mutex::default(), doubtful: AtomicBool::new(false) }
    }

    pub fn be_doubtful(&self, on: bool) {
        self.doubtful.store(on, Ordering::Relaxed);
    }

    /// Messages in this mailbox, in flight or not.
    pub fn kept(&self, owner: RecipientId) -> usize {
        self.kept.lock().get(&owner).copied().unwrap_or(0)
    }

    fn chance(&self, percent: u64) -> bool {
        self.random.lock().chance(percent)
    }

    /// Takes its time, now and then. Always before the act: what an act gives is given at once.
    async fn dawdle(&self) {
        let pause = {
            let mut random = self.random.lock();
            random.chance(30).then(|| random.millis(1..40))
        };
        if let Some(pause) = pause {
            sleep(pause).await;
        }
    }

    fn count(&self, owner: RecipientId, appended: &Appended) {
        if matches!(appended, Appended::Stored { .. }) {
            *self.kept.lock().entry(owner).or_default() += 1;
        }
    }

    fn spoil(&self, mut mail: Vec<Mail>) -> Vec<Mail> {
        if self.mischief == Some(Mischief::TurnsPagesAround) {
            mail.reverse();
        }
        mail
    }

    async fn remove(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        let removed = self.inner.acknowledge(owner, ids, by).await?;
        if let Some(kept) = self.kept.lock().get_mut(&owner) {
            *kept = kept.saturating_sub(removed);
        }
        Ok(removed)
    }

    async fn take_away(&self, owner: RecipientId, mail: &[Mail]) -> Result<()> {
        if self.mischief == Some(Mischief::RemovesWhatItHandsOut) {
            let ids: Vec<Position> = mail.iter().map(|mail| mail.position).collect();
            self.remove(owner, &ids, None).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Mailbox for Unsteady {
    async fn append(&self, owner: RecipientId, mut letter: Letter) -> Result<Appended> {
        self.dawdle().await;
        let mut owner = owner;
        match self.mischief {
            Some(Mischief::ThrowsAway) if self.chance(10) => {
                let position = Position { sequence: u64::MAX, incarnation: 0 };
                return Ok(Appended::Stored { position, watched: false });
            }
            Some(Mischief::MixesUpMailboxes) if self.chance(10) => owner = RecipientId([1; 16]),
            Some(Mischief::KeepsRetries) => {
                letter.dedupe = self
                    .random
                    .lock()
                    .number()
                    .to_be_bytes()
                    .repeat(2)
                    .try_into()
                    .unwrap_or_default()
            }
            _ => {}
        }
        let appended = self.inner.append(owner, letter).await?;
        self.count(owner, &appended);
        if self.doubtful.load(Ordering::Relaxed) && self.chance(50) {
            return Err(StoreError::Unavailable("the answer got lost".to_owned()));
        }
        Ok(appended)
    }

    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>> {
        self.dawdle().await;
        let mail = self.inner.peek(owner, demand).await?;
        self.take_away(owner, &mail).await?;
        Ok(self.spoil(mail))
    }

    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>> {
        self.dawdle().await;
        let until = match self.mischief {
            Some(Mischief::ForgetsWhatIsInFlight) => Timestamp(0),
            _ => until,
        };
        let mail = self.inner.lease(owner, holder, until, demand).await?;
        self.take_away(owner, &mail).await?;
        Ok(self.spoil(mail))
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        self.dawdle().await;
        if self.mischief == Some(Mischief::KeepsWhatIsAcknowledged) && self.chance(10) {
            return Ok(ids.len());
        }
        self.remove(owner, ids, by).await
    }

    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()> {
        self.dawdle().await;
        self.inner.release(owner, holder, linger).await
    }

    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth> {
        self.dawdle().await;
        self.inner.depth(owner, key).await
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch> {
        self.dawdle().await;
        self.inner.watch(owner, epoch, manner).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        self.inner.expire(now, limit).await
    }
}
