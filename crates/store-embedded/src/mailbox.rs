//! The mailbox trait. Who touches the archive does so on a thread that may block; all else is memory.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use didcomm::Destination;
use store::{
    Appended, Demand, Depth, Epoch, Holder, Letter, Mail, Mailbox, Manner, Position, RecipientId,
    Result, StoreError, Timestamp, Watch,
};
use tokio::sync::oneshot;

use crate::EmbeddedStore;
use crate::engine::{Engine, Whereabouts};
use crate::reading::Patience;
use crate::writer::{Append, Job};

/// So many messages are handed out without leaving the thread if they are in memory: to check and copy them is quick.
const A_FEW: usize = 64;
/// So many acknowledgements are looked up without leaving the thread: the rows are small, and handing the mail out has
/// just read them.
const READ_A_MOMENT_AGO: usize = 32;

impl EmbeddedStore {
    /// Runs `act` here if the mailbox is in memory, elsewhere if the disk has to be read.
    async fn with_mailbox<T, F>(&self, owner: RecipientId, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Engine) -> Result<T> + Send + 'static,
    {
        if self.engine.is_recent(owner)? { act(&self.engine) } else { self.blocking(act).await }
    }

    /// Runs `act` here if nothing has to be waited for, else elsewhere.
    async fn read<F>(&self, owner: RecipientId, demand: &Demand, act: F) -> Result<Vec<Mail>>
    where
        F: Fn(&Engine, Patience) -> Result<Option<Vec<Mail>>> + Send + 'static,
    {
        let is_small = demand.messages <= A_FEW && demand.key.is_none();
        let here = match self.engine.whereabouts(owner)? {
            Whereabouts::Recent => act(&self.engine, Patience::Patient)?,
            Whereabouts::Warm if is_small => act(&self.engine, Patience::Impatient)?,
            _ => None,
        };
        match here {
            Some(mail) => Ok(mail),
            None => self
                .blocking(move |engine| act(engine, Patience::Patient))
                .await
                .map(Option::unwrap_or_default),
        }
    }

    async fn blocking<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Engine) -> Result<T> + Send + 'static,
    {
        let engine = Arc::clone(&self.engine);
        let done = tokio::task::spawn_blocking(move || act(&engine)).await;
        done.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }

    fn send(&self, job: Job) -> Result<()> {
        let Some(jobs) = &self.jobs else { return Err(closing()) };
        jobs.send(job).map_err(|_| closing())
    }

    fn note_gone(&self, owner: RecipientId, positions: Vec<Position>) -> Result<usize> {
        let count = positions.len();
        if count > 0 {
            self.send(Job::Gone { owner, positions })?;
        }
        Ok(count)
    }
}

#[async_trait]
impl Mailbox for EmbeddedStore {
    async fn append(&self, owner: RecipientId, letter: Letter) -> Result<Appended> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Append(Append { owner, letter, reply }))?;
        answer.await.map_err(|_| closing())?
    }

    async fn peek(&self, owner: RecipientId, demand: &Demand) -> Result<Vec<Mail>> {
        let wanted = demand.clone();
        self.read(owner, demand, move |engine, patience| engine.peek(owner, &wanted, patience))
            .await
    }

    async fn lease(
        &self,
        owner: RecipientId,
        holder: Holder,
        until: Timestamp,
        demand: &Demand,
    ) -> Result<Vec<Mail>> {
        let wanted = demand.clone();
        self.read(owner, demand, move |engine, patience| {
            lease(engine, owner, holder, until, &wanted, patience)
        })
        .await
    }

    async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<usize> {
        let removed = if ids.len() <= READ_A_MOMENT_AGO {
            remove(&self.engine, owner, ids, by)?
        } else {
            let ids = ids.to_vec();
            self.with_mailbox(owner, move |engine| remove(engine, owner, &ids, by)).await?
        };
        self.note_gone(owner, removed)
    }

    async fn release(&self, owner: RecipientId, holder: Holder, linger: Duration) -> Result<()> {
        let (flight, now) = (&self.engine.flight, self.engine.clock.now());
        let released = flight.lock(owner, now).release(holder, now + linger);
        if let Holder::Session(epoch) = holder {
            flight.bells().leave(owner, epoch);
        }
        if released > 0 {
            flight.bells().ring(owner);
        }
        Ok(())
    }

    async fn depth(&self, owner: RecipientId, key: Option<&Destination>) -> Result<Depth> {
        if key.is_none() && self.engine.whereabouts(owner)? != Whereabouts::Archived {
            return self.engine.depth(owner, None);
        }
        let key = key.cloned();
        self.with_mailbox(owner, move |engine| engine.depth(owner, key.as_ref())).await
    }

    async fn watch(&self, owner: RecipientId, epoch: Epoch, manner: Manner) -> Result<Watch> {
        let (flight, now) = (&self.engine.flight, self.engine.clock.now());
        let mut in_flight = flight.lock(owner, now);
        let watch = flight.bells().watch(owner, epoch, manner.company)?;
        in_flight.displace(now + manner.linger);
        Ok(watch)
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> Result<usize> {
        let (expired, is_stale) = self.blocking(move |engine| expire(engine, now, limit)).await?;
        let mut count = 0;
        for (owner, positions) in expired {
            count += self.note_gone(owner, positions)?;
        }
        // What has gone takes up room until a checkpoint, which a quiet store would not come to by itself.
        if is_stale {
            self.send(Job::Seal)?;
        }
        Ok(count)
    }
}

fn lease(
    engine: &Engine,
    owner: RecipientId,
    holder: Holder,
    until: Timestamp,
    demand: &Demand,
    patience: Patience,
) -> Result<Option<Vec<Mail>>> {
    let mut in_flight = engine.flight.lock(owner, engine.clock.now());
    in_flight.admit(holder)?;
    let room = demand.window.saturating_sub(in_flight.held_by(holder));
    let demand = Demand { messages: demand.messages.min(room), ..demand.clone() };
    let hidden = |position| in_flight.hides(position, Some(holder));
    let mail = engine.select(owner, &demand, patience, hidden)?;
    if let Some(mail) = &mail {
        in_flight.hold(holder, until, mail);
    }
    Ok(mail)
}

fn remove(
    engine: &Engine,
    owner: RecipientId,
    ids: &[Position],
    by: Option<Epoch>,
) -> Result<Vec<Position>> {
    let mut in_flight = engine.flight.lock(owner, engine.clock.now());
    let removed = engine.remove(owner, ids)?;
    in_flight.settle(&removed, by);
    Ok(removed)
}

/// What was removed from one mailbox.
type Removed = (RecipientId, Vec<Position>);

/// What was removed by owner, and whether the archive has something to throw away.
fn expire(engine: &Engine, now: Timestamp, limit: usize) -> Result<(Vec<Removed>, bool)> {
    let mut expired = engine.expired(now, limit)?;
    expired.sort_unstable();
    let mut removed = Vec::new();
    for mailbox in expired.chunk_by(|one, other| one.0 == other.0) {
        let positions: Vec<_> = mailbox.iter().map(|(_, position)| *position).collect();
        removed.push((mailbox[0].0, remove(engine, mailbox[0].0, &positions, None)?));
    }
    let is_stale = engine.has_stale(now)?;
    Ok((removed, is_stale))
}

fn closing() -> StoreError {
    StoreError::Unavailable("the store is closing".to_owned())
}
