//! Work that waits for somebody to do it.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Position, QueueWatch, Result, Timestamp};

/// Named queues of jobs for competing consumers. A job is bytes that this trait does not understand: a request to deliver, a
/// push notification, a webhook.
///
/// # At least once
///
/// A job that was pushed is handed out until somebody finishes it. Whoever claims a job has it alone until a time of its
/// choice, its *lease*. A consumer that dies says nothing: its lease runs out, and the job is handed out again. A consumer
/// that is slower than its lease may therefore find that another did the same work: jobs must bear being done twice.
///
/// # Whose word counts
///
/// Each claim of a job counts as an *attempt*, also one that ended with the consumer's death, so that a job that kills its
/// consumers can be told from one that was never tried. The [`Ticket`] carries the attempt. [`Queue::finish`] takes any ticket,
/// because work that is done is done, whoever did it; [`Queue::defer`] takes the newest only, because a consumer
/// whose lease ran out must not take the job out of the hands of the one that has it now.
///
/// What to do with a job that fails too often is the consumer's decision: it finishes it, and keeps it elsewhere if it matters.
///
/// # Order
///
/// Of the jobs that can be claimed, the one that was pushed first is handed out first. A job that comes back is older than
/// what was pushed since, and goes first again. Several consumers, or one that claims several jobs, get no further
/// promise: who needs strict order keeps a queue per order, with one consumer at a time.
///
/// # Bounds
///
/// No queue grows beyond the [`Room`] that its producers grant it; then [`Queue::push`] says so and the producer decides what
/// to lose. A finished job leaves nothing behind. A queue without jobs takes no room.
///
/// # Waiting
///
/// [`Queue::watch`] rings when there is work. The bell may be late or lost, and it does not ring for the passing of
/// time: [`Claim::next`] says when that brings something. A consumer watches, then claims until it gets nothing, then waits for the
/// bell, for `next`, or for a few seconds to pass, whichever comes first.
///
/// # Durability
///
/// As the engine's settings promise: pushed, finished and deferred jobs are durable when the call returns. Claims and
/// attempts may be forgotten by an engine that comes back; then the jobs can be claimed at once.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts `jobs` at the end of the queue, in their order, all of them or none, and rings its consumers wherever they are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](crate::StoreError::Unavailable): the jobs may have been kept, and a repetition keeps
    /// them twice. [`StoreError::Full`](crate::StoreError::Full) is about the engine, [`Pushed::NoRoom`] about the queue.
    async fn push(&self, queue: &QueueName, jobs: &[Bytes], room: Room) -> Result<Pushed>;

    /// Hands out up to `limit` jobs, oldest first, each until `until`. A job's lease has run out as soon as the clock shows its
    /// `until`; a time that has passed already leases nothing for any time, but counts as an attempt.
    async fn claim(&self, queue: &QueueName, limit: usize, until: Timestamp) -> Result<Claim>;

    /// Removes a job for good. Says whether it was there: if not, somebody else finished it.
    async fn finish(&self, queue: &QueueName, ticket: Ticket) -> Result<bool>;

    /// Sets the time from which on the job can be claimed again. Of a consumer that is still at work this prolongs the lease,
    /// of one that failed it schedules the next attempt: with `at` in the past, at once.
    ///
    /// Says whether the ticket was valid. If not, nothing changed: the job is finished or in other hands.
    async fn defer(&self, queue: &QueueName, ticket: Ticket, at: Timestamp) -> Result<bool>;

    /// A bell that rings when jobs were pushed, and when a job was deferred to a time that has passed. Each of several watches
    /// hears every ring.
    async fn watch(&self, queue: &QueueName) -> Result<QueueWatch>;

    /// What the queue holds.
    async fn backlog(&self, queue: &QueueName) -> Result<Backlog>;
}

/// Names a queue: 1 to 100 characters of `[A-Za-z0-9._:-]`, so that every engine can make it part of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName(String);

impl QueueName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const LONGEST_NAME: usize = 100;

impl FromStr for QueueName {
    type Err = BadQueueName;
    fn from_str(text: &str) -> std::result::Result<Self, BadQueueName> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let is_name = (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_allowed);
        if is_name { Ok(Self(text.to_owned())) } else { Err(BadQueueName) }
    }
}

/// A text that names no queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a queue is named by 1 to 100 letters, digits, dots, colons, hyphens and underscores")]
pub struct BadQueueName;

/// How much a queue may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Jobs, claimed and deferred ones included.
    pub jobs: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
}

impl Room {
    /// No bound at all.
    pub const ENDLESS: Self = Self { jobs: u64::MAX, bytes: u64::MAX };
}

/// What became of jobs that were pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// They are kept.
    Kept,
    /// The queue has not enough [`Room`] for all of them; nothing changed.
    NoRoom,
}

/// Names a job for good. No two jobs of a store share an id, also not if the engine lost its tail and counts again: like a
/// mailbox's, the position carries an incarnation. Ids of one queue are ordered as the jobs were pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub Position);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The right to speak for a job, as one claim of it gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// Which job.
    pub id: JobId,
    /// How often it has been claimed, this time included; 1 at first. Void when the job is claimed again.
    pub attempt: u32,
}

/// A job in somebody's hands.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    /// What to finish or defer it with.
    pub ticket: Ticket,
    /// What was pushed.
    pub body: Bytes,
    /// When it was pushed.
    pub pushed: Timestamp,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ticket, body, pushed } = self;
        write!(f, "Job({ticket:?}, {} bytes, {pushed:?})", body.len())
    }
}

/// What a claim brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The jobs, oldest first. Fewer than asked for means that no more could be claimed.
    pub jobs: Vec<Job>,
    /// When the passing of time makes the next job claimable: the soonest end of a lease (those of this claim included) or
    /// of a deferral.
    pub next: Option<Timestamp>,
}

/// What a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Jobs that can be claimed now.
    pub ready: u64,
    /// Jobs that cannot: claimed or deferred.
    pub waiting: u64,
    /// Bytes of the bodies of all of them.
    pub bytes: u64,
    /// When the oldest of all was pushed.
    pub oldest: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_break_out_of_a_key_are_refused() {
        for name in ["", "a b", "{a}", "a/b", "ä", &"x".repeat(101)] {
            assert_eq!(name.parse::<QueueName>(), Err(BadQueueName), "{name}");
        }
        for name in ["push", "deliver:eu-1", "a.b_c", &"x".repeat(100)] {
            assert!(name.parse::<QueueName>().is_ok(), "{name}");
        }
    }
}
