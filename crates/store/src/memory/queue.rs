use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use bytes::Bytes;

use super::MemoryStore;
use crate::{
    Backlog, Claim, Job, JobId, Position, Pushed, Queue, QueueName, QueueWatch, Result, Room,
    Ticket, Timestamp,
};

#[derive(Default)]
pub(super) struct Queues {
    last: u64,
    queues: HashMap<QueueName, Jobs>,
}

#[derive(Default)]
struct Jobs {
    jobs: BTreeMap<JobId, Waiting>,
    bytes: u64,
}

struct Waiting {
    body: Bytes,
    pushed: Timestamp,
    attempt: u32,
    due: Timestamp,
}

impl Queues {
    fn push(
        &mut self,
        queue: &QueueName,
        jobs: &[Bytes],
        room: Room,
        (now, incarnation): (Timestamp, u64),
    ) -> Pushed {
        let bytes = jobs.iter().map(|job| job.len() as u64).sum::<u64>();
        let (held, held_bytes) =
            self.queues.get(queue).map_or((0, 0), |held| (held.jobs.len() as u64, held.bytes));
        if held + jobs.len() as u64 > room.jobs || held_bytes + bytes > room.bytes {
            return Pushed::NoRoom;
        }
        for body in jobs {
            self.last += 1;
            let id = JobId(Position { sequence: self.last, incarnation });
            let held = self.queues.entry(queue.clone()).or_default();
            held.bytes += body.len() as u64;
            held.jobs.insert(
                id,
                Waiting { body: body.clone(), pushed: now, attempt: 0, due: Timestamp(0) },
            );
        }
        Pushed::Kept
    }

    fn finish(&mut self, queue: &QueueName, id: JobId) -> bool {
        let Some(held) = self.queues.get_mut(queue) else { return false };
        let Some(job) = held.jobs.remove(&id) else { return false };
        held.bytes -= job.body.len() as u64;
        if held.jobs.is_empty() {
            self.queues.remove(queue);
        }
        true
    }
}

impl Jobs {
    fn claim(&mut self, limit: usize, until: Timestamp, now: Timestamp) -> Claim {
        let due = self.jobs.iter_mut().filter(|(_, job)| job.due <= now).take(limit);
        let jobs = due.map(|(id, job)| job.hand_out(*id, until)).collect();
        let next = self.jobs.values().map(|job| job.due).filter(|due| *due > now).min();
        Claim { jobs, next }
    }

    fn backlog(&self, now: Timestamp) -> Backlog {
        let ready = self.jobs.values().filter(|job| job.due <= now).count() as u64;
        Backlog {
            ready,
            waiting: self.jobs.len() as u64 - ready,
            bytes: self.bytes,
            oldest: self.jobs.values().next().map(|job| job.pushed),
        }
    }
}

impl Waiting {
    fn hand_out(&mut self, id: JobId, until: Timestamp) -> Job {
        self.attempt += 1;
        self.due = until;
        let ticket = Ticket { id, attempt: self.attempt };
        Job { ticket, body: self.body.clone(), pushed: self.pushed }
    }
}

#[async_trait]
impl Queue for MemoryStore {
    async fn push(&self, queue: &QueueName, jobs: &[Bytes], room: Room) -> Result<Pushed> {
        self.gate()?;
        let given = (self.clock.now(), self.random.lock().next());
        let pushed = self.queues.lock().push(queue, jobs, room, given);
        if pushed == Pushed::Kept && !jobs.is_empty() {
            self.ring_consumers(queue);
        }
        Ok(pushed)
    }

    async fn claim(&self, queue: &QueueName, limit: usize, until: Timestamp) -> Result<Claim> {
        self.gate()?;
        let mut queues = self.queues.lock();
        let claim =
            queues.queues.get_mut(queue).map(|jobs| jobs.claim(limit, until, self.clock.now()));
        Ok(claim.unwrap_or(Claim { jobs: Vec::new(), next: None }))
    }

    async fn finish(&self, queue: &QueueName, ticket: Ticket) -> Result<bool> {
        self.gate()?;
        Ok(self.queues.lock().finish(queue, ticket.id))
    }

    async fn defer(&self, queue: &QueueName, ticket: Ticket, at: Timestamp) -> Result<bool> {
        self.gate()?;
        let mut queues = self.queues.lock();
        let job = queues.queues.get_mut(queue).and_then(|held| held.jobs.get_mut(&ticket.id));
        let Some(job) = job.filter(|job| job.attempt == ticket.attempt) else { return Ok(false) };
        job.due = at;
        if at <= self.clock.now() {
            self.ring_consumers(queue);
        }
        Ok(true)
    }

    async fn watch(&self, queue: &QueueName) -> Result<QueueWatch> {
        self.gate()?;
        Ok(self.queue_bells.watch(queue))
    }

    async fn backlog(&self, queue: &QueueName) -> Result<Backlog> {
        self.gate()?;
        let queues = self.queues.lock();
        let held = queues.queues.get(queue);
        Ok(held.map(|held| held.backlog(self.clock.now())).unwrap_or_default())
    }
}

impl MemoryStore {
    fn ring_consumers(&self, queue: &QueueName) {
        if !self.loses_wakes.load(std::sync::atomic::Ordering::Relaxed) {
            self.queue_bells.ring(queue);
        }
    }
}
