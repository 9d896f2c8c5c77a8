//! Queues, in the registry. Everything is durable, attempts too: a job that kills this process is not new after it.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use async_trait::async_trait;
use bytes::Bytes;
use redb::{ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};
use store::{
    Backlog, Claim, Job, JobId, Position, Pushed, Queue, QueueBells, QueueName, QueueWatch, Result,
    Room, Ticket, Timestamp,
};

use crate::EmbeddedStore;
use crate::registry::{Outcome, next_number};

type Id = [u8; 16];

/// Queue → how many jobs it holds, and bytes of them.
const QUEUES: TableDefinition<&str, (u64, u64)> = TableDefinition::new("queues");
/// Queue and id → when it was pushed, the job.
const JOBS: TableDefinition<(&str, Id), (u64, &[u8])> = TableDefinition::new("jobs");
/// Queue and id → how often it was claimed, from when on it can be claimed.
const TRIES: TableDefinition<(&str, Id), (u32, u64)> = TableDefinition::new("job tries");
/// Queue and id of what can be claimed.
const READY: TableDefinition<(&str, Id), ()> = TableDefinition::new("ready jobs");
/// Queue, time and id of what can be claimed from then on.
const DUE: TableDefinition<(&str, u64, Id), ()> = TableDefinition::new("due jobs");
const PUSHED: &str = "pushed jobs";

const FIRST: Id = [0; 16];
const LAST: Id = [u8::MAX; 16];

pub(crate) fn create(transaction: &WriteTransaction) -> Outcome<()> {
    transaction.open_table(QUEUES)?;
    transaction.open_table(JOBS)?;
    transaction.open_table(TRIES)?;
    transaction.open_table(READY)?;
    transaction.open_table(DUE)?;
    Ok(())
}

/// What of the queues is not on the disk.
pub(crate) struct Work {
    bells: QueueBells,
    incarnation: u64,
}

impl Work {
    pub(crate) fn new() -> Self {
        Self { bells: QueueBells::default(), incarnation: RandomState::new().hash_one(()) }
    }
}

struct Jobs<'t> {
    transaction: &'t WriteTransaction,
    queues: Table<'t, &'static str, (u64, u64)>,
    jobs: Table<'t, (&'static str, Id), (u64, &'static [u8])>,
    tries: Table<'t, (&'static str, Id), (u32, u64)>,
    ready: Table<'t, (&'static str, Id), ()>,
    due: Table<'t, (&'static str, u64, Id), ()>,
}

impl<'t> Jobs<'t> {
    fn open(transaction: &'t WriteTransaction) -> Outcome<Self> {
        Ok(Self {
            transaction,
            queues: transaction.open_table(QUEUES)?,
            jobs: transaction.open_table(JOBS)?,
            tries: transaction.open_table(TRIES)?,
            ready: transaction.open_table(READY)?,
            due: transaction.open_table(DUE)?,
        })
    }

    fn held(&self, queue: &str) -> Outcome<(u64, u64)> {
        Ok(self.queues.get(queue)?.map_or((0, 0), |held| held.value()))
    }

    fn push(
        &mut self,
        queue: &str,
        bodies: &[Bytes],
        room: Room,
        (now, incarnation): (Timestamp, u64),
    ) -> Outcome<Pushed> {
        let (mut count, mut bytes) = self.held(queue)?;
        count = count.saturating_add(bodies.len() as u64);
        bytes = bodies.iter().fold(bytes, |sum, body| sum.saturating_add(body.len() as u64));
        if count > room.jobs || bytes > room.bytes {
            return Ok(Pushed::NoRoom);
        }
        for body in bodies {
            let sequence = next_number(self.transaction, PUSHED)?;
            let id = Position { sequence, incarnation }.to_bytes();
            self.jobs.insert((queue, id), (now.0, &body[..]))?;
            self.tries.insert((queue, id), (0, 0))?;
            self.ready.insert((queue, id), ())?;
        }
        if !bodies.is_empty() {
            self.queues.insert(queue, (count, bytes))?;
        }
        Ok(Pushed::Kept)
    }

    fn claim(
        &mut self,
        queue: &str,
        limit: usize,
        until: Timestamp,
        now: Timestamp,
    ) -> Outcome<Claim> {
        while let Some((due, id)) = first_due(&self.due, queue, 0)?.filter(|due| due.0 <= now.0) {
            self.due.remove((queue, due, id))?;
            self.ready.insert((queue, id), ())?;
        }
        let ready = self.ready.range((queue, FIRST)..=(queue, LAST))?.take(limit);
        let ids = ready.map(|row| row.map(|(key, _)| key.value().1));
        let ids: Vec<Id> = ids.collect::<std::result::Result<_, _>>()?;
        let mut jobs = Vec::with_capacity(ids.len());
        for id in ids {
            jobs.extend(self.hand_out(queue, id, until)?);
        }
        let next = first_due(&self.due, queue, now.0.saturating_add(1))?;
        Ok(Claim { jobs, next: next.map(|(due, _)| Timestamp(due)) })
    }

    fn hand_out(&mut self, queue: &str, id: Id, until: Timestamp) -> Outcome<Option<Job>> {
        let attempt = self.tries.get((queue, id))?.map_or(0, |tries| tries.value().0);
        let attempt = attempt.saturating_add(1);
        self.ready.remove((queue, id))?;
        self.tries.insert((queue, id), (attempt, until.0))?;
        self.due.insert((queue, until.0, id), ())?;
        let Some(job) = self.jobs.get((queue, id))? else { return Ok(None) };
        let (pushed, body) = job.value();
        let ticket = Ticket { id: JobId(Position::from_bytes(id)), attempt };
        Ok(Some(Job { ticket, body: Bytes::copy_from_slice(body), pushed: Timestamp(pushed) }))
    }

    fn finish(&mut self, queue: &str, id: Id) -> Outcome<bool> {
        let Some(length) = self.jobs.remove((queue, id))?.map(|job| job.value().1.len()) else {
            return Ok(false);
        };
        self.forget_time(queue, id)?;
        self.tries.remove((queue, id))?;
        let (count, bytes) = self.held(queue)?;
        if count <= 1 {
            self.queues.remove(queue)?;
        } else {
            self.queues.insert(queue, (count - 1, bytes.saturating_sub(length as u64)))?;
        }
        Ok(true)
    }

    fn defer(&mut self, queue: &str, ticket: Ticket, at: Timestamp) -> Outcome<bool> {
        let id = ticket.id.0.to_bytes();
        let attempt = self.tries.get((queue, id))?.map(|tries| tries.value().0);
        if attempt != Some(ticket.attempt) {
            return Ok(false);
        }
        self.forget_time(queue, id)?;
        self.tries.insert((queue, id), (ticket.attempt, at.0))?;
        self.due.insert((queue, at.0, id), ())?;
        Ok(true)
    }

    fn forget_time(&mut self, queue: &str, id: Id) -> Outcome<()> {
        let due = self.tries.get((queue, id))?.map_or(0, |tries| tries.value().1);
        self.due.remove((queue, due, id))?;
        self.ready.remove((queue, id))?;
        Ok(())
    }
}

/// The first job of the queue that is due at `from` or later.
fn first_due(
    due: &impl ReadableTable<(&'static str, u64, Id), ()>,
    queue: &str,
    from: u64,
) -> Outcome<Option<(u64, Id)>> {
    let first = due.range((queue, from, FIRST)..=(queue, u64::MAX, LAST))?.next().transpose()?;
    Ok(first.map(|(key, _)| (key.value().1, key.value().2)))
}

/// What a claim gives if there is nothing to claim, which needs no write.
fn nothing(transaction: &ReadTransaction, queue: &str, now: Timestamp) -> Outcome<Option<Claim>> {
    let (ready, due) = (transaction.open_table(READY)?, transaction.open_table(DUE)?);
    let next = first_due(&due, queue, 0)?.map(|(due, _)| Timestamp(due));
    let is_ready = ready.range((queue, FIRST)..=(queue, LAST))?.next().is_some();
    let is_idle = !is_ready && next.is_none_or(|next| next > now);
    Ok(is_idle.then_some(Claim { jobs: Vec::new(), next }))
}

fn backlog(transaction: &ReadTransaction, queue: &str, now: Timestamp) -> Outcome<Backlog> {
    let held = transaction.open_table(QUEUES)?.get(queue)?.map(|held| held.value());
    let Some((count, bytes)) = held else { return Ok(Backlog::default()) };
    let due = transaction.open_table(DUE)?;
    let later = now.0.saturating_add(1);
    let waiting = due.range((queue, later, FIRST)..=(queue, u64::MAX, LAST))?.count() as u64;
    let jobs = transaction.open_table(JOBS)?;
    let oldest = jobs.range((queue, FIRST)..=(queue, LAST))?.next().transpose()?;
    let oldest = oldest.map(|(_, job)| Timestamp(job.value().0));
    Ok(Backlog { ready: count.saturating_sub(waiting), waiting, bytes, oldest })
}

#[async_trait]
impl Queue for EmbeddedStore {
    async fn push(&self, queue: &QueueName, jobs: &[Bytes], room: Room) -> Result<Pushed> {
        let (name, jobs) = (queue.clone(), jobs.to_vec());
        let given = (self.engine.clock.now(), self.work.incarnation);
        let write = move |transaction: &WriteTransaction| {
            Jobs::open(transaction)?.push(name.as_str(), &jobs, room, given)
        };
        let pushed = self.registry.write(write).await?;
        if pushed == Pushed::Kept {
            self.work.bells.ring(queue);
        }
        Ok(pushed)
    }

    async fn claim(&self, queue: &QueueName, limit: usize, until: Timestamp) -> Result<Claim> {
        let now = self.engine.clock.now();
        let idle = self.registry.read(|transaction| nothing(transaction, queue.as_str(), now))?;
        if let Some(nothing) = idle {
            return Ok(nothing);
        }
        let name = queue.clone();
        let write = move |transaction: &WriteTransaction| {
            Jobs::open(transaction)?.claim(name.as_str(), limit, until, now)
        };
        self.registry.write(write).await
    }

    async fn finish(&self, queue: &QueueName, ticket: Ticket) -> Result<bool> {
        let (name, id) = (queue.clone(), ticket.id.0.to_bytes());
        let write = move |transaction: &WriteTransaction| {
            Jobs::open(transaction)?.finish(name.as_str(), id)
        };
        self.registry.write(write).await
    }

    async fn defer(&self, queue: &QueueName, ticket: Ticket, at: Timestamp) -> Result<bool> {
        let name = queue.clone();
        let write = move |transaction: &WriteTransaction| {
            Jobs::open(transaction)?.defer(name.as_str(), ticket, at)
        };
        let is_deferred = self.registry.write(write).await?;
        if is_deferred && at <= self.engine.clock.now() {
            self.work.bells.ring(queue);
        }
        Ok(is_deferred)
    }

    async fn watch(&self, queue: &QueueName) -> Result<QueueWatch> {
        Ok(self.work.bells.watch(queue))
    }

    async fn backlog(&self, queue: &QueueName) -> Result<Backlog> {
        let now = self.engine.clock.now();
        self.registry.read(|transaction| backlog(transaction, queue.as_str(), now))
    }
}
