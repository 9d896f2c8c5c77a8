//! Acknowledgements, many in one transaction.

use std::collections::HashSet;

use store::{Epoch, Position, RecipientId, Result};
use tokio::sync::oneshot;
use tokio_postgres::Row;

use crate::engine::Engine;
use crate::gather::Job;
use crate::values::{column, number, owner, position};

/// Messages that their owner has, and who waits to hear how many there were.
pub(crate) struct Acknowledge {
    pub(crate) owner: RecipientId,
    pub(crate) ids: Vec<Position>,
    pub(crate) by: Option<Epoch>,
    pub(crate) reply: oneshot::Sender<Result<usize>>,
}

const ACKNOWLEDGE: &str =
    "select owner, sequence, incarnation, rung from acknowledge($1, $2, $3, $4, $5)";

type Gone = HashSet<(RecipientId, Position)>;

impl Job for Acknowledge {
    const MOST: usize = 128;
    /// An id counts as sixteen.
    const MOST_BYTES: usize = 16 * 4096;

    fn bytes(&self) -> usize {
        self.ids.len() * 16
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    async fn perform(engine: &Engine, jobs: Vec<Self>) {
        match send(engine, &jobs).await {
            Ok(mut gone) => {
                for job in jobs {
                    let removed =
                        job.ids.iter().filter(|id| gone.remove(&(job.owner, **id))).count();
                    job.answer(Ok(removed));
                }
            }
            Err(error) => jobs.into_iter().for_each(|job| job.answer(Err(error.clone()))),
        }
    }
}

impl Acknowledge {
    fn answer(self, outcome: Result<usize>) {
        // Who no longer waits has gone away; the mail is gone all the same.
        let _ = self.reply.send(outcome);
    }
}

async fn send(engine: &Engine, jobs: &[Acknowledge]) -> Result<Gone> {
    let mut owners: Vec<&[u8]> = Vec::new();
    let (mut sequences, mut incarnations, mut hearers) = (Vec::new(), Vec::new(), Vec::new());
    for job in jobs {
        for id in &job.ids {
            owners.push(&job.owner.0);
            sequences.push(number(id.sequence));
            incarnations.push(number(id.incarnation));
            hearers.push(job.by.map(|epoch| number(epoch.0)));
        }
    }
    let rows = engine
        .pool
        .rows(ACKNOWLEDGE, &[&owners, &sequences, &incarnations, &hearers, &engine.here])
        .await?;
    rows.iter().map(|row| removed(engine, row)).collect()
}

/// Rings those who had it in flight.
fn removed(engine: &Engine, row: &Row) -> Result<(RecipientId, Position)> {
    let owner = owner(column(row, "owner")?)?;
    for epoch in column::<Vec<i64>>(row, "rung")? {
        engine.bells.ring_session(owner, Epoch(epoch.cast_unsigned()));
    }
    Ok((owner, position(row)?))
}
