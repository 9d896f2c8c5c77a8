//! Work that waits: pushes and finishes that come together share a transaction.

use std::collections::HashSet;

use async_trait::async_trait;
use bytes::Bytes;
use store::{
    Backlog, Claim, JobId, Position, Pushed, Queue, QueueName, QueueWatch, Result, Room, Ticket,
    Timestamp,
};
use tokio::sync::oneshot;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::engine::Engine;
use crate::gather::Job;
use crate::pool::damaged;
use crate::values::{amount, bytes, column, count, number, position, time};

/// Jobs for one queue, and who waits to hear whether they are kept.
pub(crate) struct Push {
    queue: QueueName,
    bodies: Vec<Bytes>,
    room: Room,
    reply: oneshot::Sender<Result<Pushed>>,
}

const PUSH: &str = "select push($1, $2, $3, $4, $5, $6) as kept";

impl Job for Push {
    /// Their names fit into one notification.
    const MOST: usize = 64;

    fn bytes(&self) -> usize {
        self.bodies.iter().map(|body| body.len() + 64).sum()
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    async fn perform(engine: &Engine, jobs: Vec<Self>) {
        let kept = push(engine, &jobs).await;
        for (place, job) in jobs.into_iter().enumerate() {
            let outcome = kept.as_ref().map(|kept| kept.get(place).copied().unwrap_or_default());
            let outcome =
                outcome.map(|is_kept| if is_kept { Pushed::Kept } else { Pushed::NoRoom });
            // Who no longer waits has gone away; the jobs are kept all the same.
            let _ = job.reply.send(outcome.map_err(Clone::clone));
        }
    }
}

async fn push(engine: &Engine, jobs: &[Push]) -> Result<Vec<bool>> {
    let names: Vec<_> = jobs.iter().map(|job| job.queue.as_str()).collect();
    let counts: Vec<_> =
        jobs.iter().map(|job| i32::try_from(job.bodies.len()).unwrap_or(i32::MAX)).collect();
    let rooms: Vec<_> = jobs.iter().map(|job| amount(job.room.jobs)).collect();
    let byte_rooms: Vec<_> = jobs.iter().map(|job| amount(job.room.bytes)).collect();
    let bodies: Vec<_> = jobs.iter().flat_map(|job| &job.bodies).map(|body| &body[..]).collect();
    let row = engine
        .pool
        .row(PUSH, &[&names, &counts, &rooms, &byte_rooms, &bodies, &engine.now()])
        .await?;
    column(&row, "kept")
}

/// A job that is done, and who waits to hear whether it was there.
pub(crate) struct Finish {
    queue: QueueName,
    id: JobId,
    reply: oneshot::Sender<Result<bool>>,
}

const FINISH: &str = "select queue, sequence, incarnation from finish($1, $2, $3)";

impl Job for Finish {
    const MOST: usize = 256;

    fn bytes(&self) -> usize {
        0
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    async fn perform(engine: &Engine, jobs: Vec<Self>) {
        let mut gone = finish(engine, &jobs).await;
        for job in jobs {
            let found =
                gone.as_mut().map(|gone| gone.remove(&(job.queue.as_str().to_owned(), job.id.0)));
            // Who no longer waits has gone away; the job is done all the same.
            let _ = job.reply.send(found.map_err(|error| error.clone()));
        }
    }
}

async fn finish(engine: &Engine, jobs: &[Finish]) -> Result<HashSet<(String, Position)>> {
    let names: Vec<_> = jobs.iter().map(|job| job.queue.as_str()).collect();
    let sequences: Vec<_> = jobs.iter().map(|job| number(job.id.0.sequence)).collect();
    let incarnations: Vec<_> = jobs.iter().map(|job| number(job.id.0.incarnation)).collect();
    let rows = engine.pool.rows(FINISH, &[&names, &sequences, &incarnations]).await?;
    rows.iter().map(|row| Ok((column(row, "queue")?, position(row)?))).collect()
}

const CLAIM: &str = "select * from claim_jobs($1, $2, $3, $4)";
const DEFER: &str = "select defer($1, $2, $3, $4, $5, $6) as valid";
const BACKLOG: &str = "select * from backlog($1, $2)";

#[async_trait]
impl Queue for PostgresStore {
    async fn push(&self, queue: &QueueName, jobs: &[Bytes], room: Room) -> Result<Pushed> {
        let (queue, bodies) = (queue.clone(), jobs.to_vec());
        self.pushes.ask(|reply| Push { queue, bodies, room, reply }).await
    }

    async fn claim(&self, queue: &QueueName, limit: usize, until: Timestamp) -> Result<Claim> {
        let parameters = (count(limit), amount(until.0), self.engine.now());
        let rows = self
            .engine
            .pool
            .rows(CLAIM, &[&queue.as_str(), &parameters.0, &parameters.1, &parameters.2])
            .await?;
        let mut claim = Claim { jobs: Vec::new(), next: None };
        for row in &rows {
            match column::<Option<i32>>(row, "attempt")? {
                Some(attempt) => claim.jobs.push(job(row, attempt)?),
                None => claim.next = Some(time(column(row, "pushed")?)),
            }
        }
        Ok(claim)
    }

    async fn finish(&self, queue: &QueueName, ticket: Ticket) -> Result<bool> {
        let (queue, id) = (queue.clone(), ticket.id);
        self.finishes.ask(|reply| Finish { queue, id, reply }).await
    }

    async fn defer(&self, queue: &QueueName, ticket: Ticket, at: Timestamp) -> Result<bool> {
        let id = ticket.id.0;
        let attempt = i32::try_from(ticket.attempt).unwrap_or(i32::MAX);
        let parameters = (number(id.sequence), number(id.incarnation), amount(at.0));
        let row = self
            .engine
            .pool
            .row(
                DEFER,
                &[
                    &queue.as_str(),
                    &parameters.0,
                    &parameters.1,
                    &attempt,
                    &parameters.2,
                    &self.engine.now(),
                ],
            )
            .await?;
        column(&row, "valid")
    }

    async fn watch(&self, queue: &QueueName) -> Result<QueueWatch> {
        Ok(self.engine.queue_bells.watch(queue))
    }

    async fn backlog(&self, queue: &QueueName) -> Result<Backlog> {
        let rows = self.engine.pool.rows(BACKLOG, &[&queue.as_str(), &self.engine.now()]).await?;
        let Some(row) = rows.first() else { return Ok(Backlog::default()) };
        let amount = |name| column::<i64>(row, name).map(i64::cast_unsigned);
        Ok(Backlog {
            ready: amount("ready")?,
            waiting: amount("waiting")?,
            bytes: amount("bytes")?,
            oldest: column::<Option<i64>>(row, "oldest")?.map(time),
        })
    }
}

fn job(row: &Row, attempt: i32) -> Result<store::Job> {
    let attempt = u32::try_from(attempt).map_err(|_| damaged("a negative attempt"))?;
    let ticket = Ticket { id: JobId(position(row)?), attempt };
    Ok(store::Job { ticket, body: bytes(row, "body")?, pushed: time(column(row, "pushed")?) })
}
