//! Queues. All keys of one lie in one slot, and every act is one script.
//!
//! | key | holds |
//! | --- | --- |
//! | `meta` | a hash: `n`, the last number given, and `b`, bytes of all jobs |
//! | `jobs` | a hash: id → when it was pushed (8 bytes), the job |
//! | `order` | a sorted set of all ids, in their order |
//! | `ready` | those that can be claimed |
//! | `due` | those that were claimed or deferred, by when they can be claimed again |
//! | `tries` | a hash: id → how often it was claimed |
//! | `idle` | there while a consumer may be waiting |
//!
//! A push rings the consumers of all processes ([`crate::bus`]) only if one has found the queue empty since the last ring.

use async_trait::async_trait;
use bytes::Bytes;
use redis::cmd;
use store::{
    Backlog, Claim, Job, JobId, Position, Pushed, Queue, QueueName, QueueWatch, Result, Room,
    Ticket, Timestamp,
};

use crate::RedisStore;
use crate::doubts::random;
use crate::script::script;
use crate::shared::senseless;

script!(PUSH, "plain.lua", "queue_push.lua");
script!(CLAIM, "plain.lua", "queue_claim.lua");
script!(FINISH, "allow_oom.lua", "queue_finish.lua");
script!(DEFER, "allow_oom.lua", "queue_defer.lua");
script!(BACKLOG, "plain.lua", "queue_backlog.lua");

/// For how many milliseconds it is remembered that a consumer waits; consumers look by themselves far more often.
const IDLE: u64 = 3_600_000;
/// The last whole millisecond that is exact in a sorted set.
const LAST: u64 = 1 << 53;
/// More jobs are not handed out at once.
const MOST: usize = 10_000;

const NO_ROOM: u8 = 0;
const RING: u8 = 2;

#[async_trait]
impl Queue for RedisStore {
    async fn push(&self, queue: &QueueName, jobs: &[Bytes], room: Room) -> Result<Pushed> {
        let keys = self.keys_of(queue, &["meta", "order", "ready", "jobs", "idle"]);
        let call = PUSH.on(&keys).arg(self.clock.now().0).arg(&random().to_be_bytes()[..]);
        let call = call.arg(room.jobs).arg(room.bytes);
        let call = jobs.iter().fold(call, |call, job| call.arg(&job[..]));
        let answer: u8 = self.engine.call(call).await?;
        self.ring_if(answer == RING, queue).await;
        Ok(if answer == NO_ROOM { Pushed::NoRoom } else { Pushed::Kept })
    }

    async fn claim(&self, queue: &QueueName, limit: usize, until: Timestamp) -> Result<Claim> {
        let keys = self.keys_of(queue, &["ready", "due", "jobs", "tries", "idle"]);
        let call = CLAIM.on(&keys).arg(self.clock.now().0).arg(limit.min(MOST));
        let answer: Vec<Vec<u8>> = self.engine.call(call.arg(until.0.min(LAST)).arg(IDLE)).await?;
        read_claim(&answer).ok_or_else(|| senseless("a claim of jobs"))
    }

    async fn finish(&self, queue: &QueueName, ticket: Ticket) -> Result<bool> {
        let keys = self.keys_of(queue, &["meta", "order", "ready", "due", "jobs", "tries"]);
        self.engine.call(FINISH.on(&keys).arg(&ticket.id.0.to_bytes()[..])).await
    }

    async fn defer(&self, queue: &QueueName, ticket: Ticket, at: Timestamp) -> Result<bool> {
        let keys = self.keys_of(queue, &["ready", "due", "jobs", "tries", "idle"]);
        let call = DEFER.on(&keys).arg(self.clock.now().0).arg(&ticket.id.0.to_bytes()[..]);
        let answer: u8 = self.engine.call(call.arg(ticket.attempt).arg(at.0.min(LAST))).await?;
        self.ring_if(answer == RING, queue).await;
        Ok(answer != 0)
    }

    async fn watch(&self, queue: &QueueName) -> Result<QueueWatch> {
        let watch = self.bus.bells.watch(queue);
        let idle = self.queue_key(queue, "idle");
        let command = cmd("SET").arg(&idle).arg(1).arg("PX").arg(IDLE).take();
        self.engine.command::<()>(&idle, &command).await?;
        Ok(watch)
    }

    async fn backlog(&self, queue: &QueueName) -> Result<Backlog> {
        let keys = self.keys_of(queue, &["meta", "order", "ready", "due", "jobs"]);
        let call = BACKLOG.on(&keys).arg(self.clock.now().0);
        let (jobs, ready, bytes, oldest): (u64, u64, u64, Vec<u8>) = self.engine.call(call).await?;
        let oldest = oldest.try_into().ok().map(|pushed| Timestamp(u64::from_be_bytes(pushed)));
        Ok(Backlog { ready, waiting: jobs.saturating_sub(ready), bytes, oldest })
    }
}

impl RedisStore {
    /// The job is safe: a ring that fails is a delay, as if it were lost on the way.
    async fn ring_if(&self, is_wanted: bool, queue: &QueueName) {
        if is_wanted {
            self.bus.bells.ring(queue);
            if let Err(error) = self.bus.tell_of_work(queue).await {
                tracing::debug!(%error, "other consumers do not hear of new work");
            }
        }
    }

    fn keys_of(&self, queue: &QueueName, what: &[&str]) -> Vec<Vec<u8>> {
        what.iter().map(|what| self.queue_key(queue, what)).collect()
    }

    fn queue_key(&self, queue: &QueueName, what: &str) -> Vec<u8> {
        self.engine.names().key(&format!("queue.{queue}"), what)
    }
}

fn read_claim(answer: &[Vec<u8>]) -> Option<Claim> {
    let (next, jobs) = answer.split_first()?;
    let next = std::str::from_utf8(next).ok()?;
    let next = if next.is_empty() { None } else { Some(Timestamp(next.parse().ok()?)) };
    let (jobs, []) = jobs.as_chunks::<3>() else { return None };
    let jobs = jobs.iter().map(|[id, attempt, job]| read_job(id, attempt, job));
    Some(Claim { jobs: jobs.collect::<Option<_>>()?, next })
}

fn read_job(id: &[u8], attempt: &[u8], job: &[u8]) -> Option<Job> {
    let id = JobId(Position::from_bytes(id.try_into().ok()?));
    let attempt = std::str::from_utf8(attempt).ok()?.parse().ok()?;
    let (pushed, body) = job.split_first_chunk()?;
    let pushed = Timestamp(u64::from_be_bytes(*pushed));
    Some(Job { ticket: Ticket { id, attempt }, body: Bytes::copy_from_slice(body), pushed })
}
