//! Letters, many in one transaction.

use store::{Appended, Letter, RecipientId, Result, StoreError, Timestamp};
use tokio::sync::oneshot;
use tokio_postgres::Row;

use crate::engine::Engine;
use crate::gather::Job;
use crate::pool::damaged;
use crate::values::{amount, column, position};

/// A letter, and who waits to hear of it.
pub(crate) struct Append {
    pub(crate) owner: RecipientId,
    pub(crate) letter: Letter,
    pub(crate) reply: oneshot::Sender<Result<Appended>>,
}

const APPEND: &str = "select number, outcome, sequence, incarnation, watched \
    from append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const APPEND_ONE: &str = "select number, outcome, sequence, incarnation, watched \
    from append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

impl Job for Append {
    const MOST: usize = 256;

    fn bytes(&self) -> usize {
        self.letter.envelope.len()
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    async fn perform(engine: &Engine, mut jobs: Vec<Self>) {
        while !jobs.is_empty() {
            match send(engine, &jobs).await {
                Ok(outcomes) => jobs = answer(engine, jobs, outcomes),
                Err(error) => {
                    return jobs.into_iter().for_each(|job| job.answer(Err(error.clone())));
                }
            }
        }
    }
}

impl Append {
    fn answer(self, outcome: Result<Appended>) {
        // Who no longer waits has gone away; the letter is kept all the same.
        let _ = self.reply.send(outcome);
    }
}

async fn send(engine: &Engine, jobs: &[Append]) -> Result<Vec<Option<Appended>>> {
    let columns = Columns::of(jobs);
    let mut rows = columns.send(engine).await?;
    if rows.is_empty() {
        engine.pool.rows("select open_mailboxes($1)", &[&columns.owners]).await?;
        rows = columns.send(engine).await?;
    }
    if rows.len() != jobs.len() {
        return Err(StoreError::Unavailable("mailboxes that were opened are closed".to_owned()));
    }
    let mut outcomes = vec![None; jobs.len()];
    for row in &rows {
        let place = usize::try_from(column::<i64>(row, "number")? - 1).unwrap_or(usize::MAX);
        *outcomes.get_mut(place).ok_or_else(|| damaged("an outcome of no letter"))? = outcome(row)?;
    }
    Ok(outcomes)
}

/// Answers those whose outcome is known, rings, and gives back the others.
fn answer(engine: &Engine, jobs: Vec<Append>, outcomes: Vec<Option<Appended>>) -> Vec<Append> {
    let mut again = Vec::new();
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        match outcome {
            None => again.push(job),
            Some(appended) => {
                if matches!(appended, Appended::Stored { .. }) {
                    engine.bells.ring(job.owner);
                }
                job.answer(Ok(appended));
            }
        }
    }
    again
}

/// Nothing for a letter whose outcome depends on another one of the same call.
fn outcome(row: &Row) -> Result<Option<Appended>> {
    Ok(match column(row, "outcome")? {
        "stored" => {
            Some(Appended::Stored { position: position(row)?, watched: column(row, "watched")? })
        }
        "duplicate" => Some(Appended::Duplicate),
        "full" => Some(Appended::MailboxFull),
        "again" => None,
        _ => return Err(StoreError::Damaged("an outcome of another version".to_owned())),
    })
}

#[derive(Default)]
struct Columns<'a> {
    owners: Vec<&'a [u8]>,
    dedupes: Vec<&'a [u8]>,
    envelopes: Vec<&'a [u8]>,
    destinations: Vec<Vec<u8>>,
    receptions: Vec<i64>,
    expiries: Vec<i64>,
    window_ends: Vec<i64>,
    message_quotas: Vec<i64>,
    byte_quotas: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(jobs: &'a [Append]) -> Self {
        let mut columns = Self::default();
        jobs.iter().for_each(|job| columns.push(&job.owner, &job.letter));
        columns
    }

    /// Gives a row for each letter, or none at all if mailboxes have to be opened first.
    async fn send(&self, engine: &Engine) -> Result<Vec<Row>> {
        let pool = &engine.pool;
        if self.owners.len() == 1 {
            return pool
                .rows(
                    APPEND_ONE,
                    &[
                        &self.owners[0],
                        &self.dedupes[0],
                        &self.envelopes[0],
                        &self.destinations[0],
                        &self.receptions[0],
                        &self.expiries[0],
                        &self.window_ends[0],
                        &self.message_quotas[0],
                        &self.byte_quotas[0],
                        &engine.here,
                    ],
                )
                .await;
        }
        pool.rows(
            APPEND,
            &[
                &self.owners,
                &self.dedupes,
                &self.envelopes,
                &self.destinations,
                &self.receptions,
                &self.expiries,
                &self.window_ends,
                &self.message_quotas,
                &self.byte_quotas,
                &engine.here,
            ],
        )
        .await
    }

    fn push(&mut self, owner: &'a RecipientId, letter: &'a Letter) {
        let millis = |time: Timestamp| amount(time.0);
        self.owners.push(&owner.0);
        self.dedupes.push(&letter.dedupe);
        self.envelopes.push(&letter.envelope);
        self.destinations.push(letter.destination.to_bytes());
        self.receptions.push(millis(letter.received));
        self.expiries.push(millis(letter.expires));
        self.window_ends.push(millis(letter.received + letter.dedupe_window));
        self.message_quotas.push(amount(letter.quota.messages));
        self.byte_quotas.push(amount(letter.quota.bytes));
    }
}
