//! The archive: mail that outlived a generation, in one redb file.
//!
//! Only checkpoints write to it. Everybody else reads snapshots.

mod absorb;
mod remembered;
mod rows;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use redb::{ReadTransaction, WriteTransaction};
use store::{Position, RecipientId, Result, Timestamp};

use crate::disk::{Disk, failure};
use remembered::{Span, Spans};

pub(crate) use absorb::Survey;
use rows::{
    ENVELOPES, EXPIRIES, LAST_SEGMENT, MAIL, META, NEXT_SEQUENCE, TOTALS, missing_envelope,
    owner_of, place, position_of, timed, untimed,
};
pub(crate) use rows::{MailRow, Totals};

/// Mail that is older than the journal.
pub(crate) struct Archive {
    disk: Disk,
    spans: Spans,
}

/// How far the archive has come.
pub(crate) struct Progress {
    /// The last segment that it contains.
    pub last_segment: u64,
    /// A sequence above all that it has seen.
    pub next_sequence: u64,
}

impl Archive {
    /// Opens or creates the file.
    pub(crate) fn open(path: &Path, cache_bytes: usize) -> Result<Self> {
        Disk::open(path, cache_bytes, true)
            .map(|disk| Self { disk, spans: Spans::default() })
            .map_err(failure)
    }

    /// Creates the tables of a new archive, and says how far an old one has come.
    pub(crate) fn progress(&self) -> Result<Progress> {
        let progress = match self.disk.read(read_progress) {
            Ok(progress) => progress,
            Err(_) => self.disk.write(create).and_then(|()| self.disk.read(read_progress))?,
        };
        self.spans.set(self.disk.read(remembered::list)?);
        Ok(progress)
    }

    /// What is there now, for several reads.
    pub(crate) fn snapshot(&self) -> Result<Snapshot> {
        Ok(Snapshot { transaction: self.disk.snapshot()?, spans: self.spans.get() })
    }

    /// Whether there is something to forget at `now`.
    pub(crate) fn has_forgettable(&self, now: Timestamp) -> bool {
        self.spans.has_passed(now)
    }
}

fn create(transaction: &WriteTransaction) -> std::result::Result<(), redb::Error> {
    transaction.open_table(MAIL)?;
    transaction.open_table(ENVELOPES)?;
    transaction.open_table(EXPIRIES)?;
    transaction.open_table(TOTALS)?;
    transaction.open_table(META)?;
    Ok(())
}

fn read_progress(transaction: &ReadTransaction) -> std::result::Result<Progress, redb::Error> {
    let meta = transaction.open_table(META)?;
    let number = |name| Ok::<_, redb::Error>(meta.get(name)?.map_or(0, |value| value.value()));
    Ok(Progress { last_segment: number(LAST_SEGMENT)?, next_sequence: number(NEXT_SEQUENCE)? })
}

/// The archive at one moment.
pub(crate) struct Snapshot {
    transaction: ReadTransaction,
    spans: Arc<[Span]>,
}

impl Snapshot {
    /// How much of this mailbox is archived.
    pub(crate) fn totals(&self, owner: RecipientId) -> Result<Totals> {
        self.read(|transaction| {
            let row = transaction.open_table(TOTALS)?.get(owner.0)?.map(|row| row.value());
            let (messages, bytes) = row.unwrap_or_default();
            Ok(Totals { messages, bytes })
        })
    }

    /// Until when this envelope counts as a repetition.
    pub(crate) fn remembered(
        &self,
        owner: RecipientId,
        dedupe: [u8; 16],
    ) -> Result<Option<Timestamp>> {
        self.read(|transaction| remembered::find(transaction, &self.spans, owner, dedupe))
    }

    /// The lengths of those of `positions` that are in this mailbox.
    pub(crate) fn lengths(
        &self,
        owner: RecipientId,
        positions: &[Position],
    ) -> Result<Vec<(Position, u64)>> {
        self.read(|transaction| {
            let mail = transaction.open_table(MAIL)?;
            let mut found = Vec::with_capacity(positions.len());
            for position in positions {
                if let Some(row) = mail.get(place(owner, *position))? {
                    found.push((*position, u64::from(MailRow::decode(row.value())?.length)));
                }
            }
            Ok(found)
        })
    }

    /// Shows the rows of a mailbox to `visit`, oldest first, until it says that it has enough.
    pub(crate) fn visit(
        &self,
        owner: RecipientId,
        between: RangeInclusive<Position>,
        mut visit: impl FnMut(Position, MailRow) -> bool,
    ) -> Result<()> {
        self.read(|transaction| {
            let mail = transaction.open_table(MAIL)?;
            for row in mail.range(place(owner, *between.start())..=place(owner, *between.end()))? {
                let (key, row) = row?;
                if !visit(position_of(key.value()), MailRow::decode(row.value())?) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The newest row for which `is_wanted`.
    pub(crate) fn newest(
        &self,
        owner: RecipientId,
        between: RangeInclusive<Position>,
        is_wanted: impl Fn(Position, &MailRow) -> bool,
    ) -> Result<Option<MailRow>> {
        self.read(|transaction| {
            let mail = transaction.open_table(MAIL)?;
            for row in
                mail.range(place(owner, *between.start())..=place(owner, *between.end()))?.rev()
            {
                let (key, row) = row?;
                let row = MailRow::decode(row.value())?;
                if is_wanted(position_of(key.value()), &row) {
                    return Ok(Some(row));
                }
            }
            Ok(None)
        })
    }

    /// The envelopes of archived messages.
    pub(crate) fn envelopes(&self, positions: &[Position]) -> Result<Vec<Bytes>> {
        self.read(|transaction| {
            let envelopes = transaction.open_table(ENVELOPES)?;
            let mut found = Vec::with_capacity(positions.len());
            for position in positions {
                let row = envelopes.get(position.to_bytes())?.ok_or_else(missing_envelope)?;
                found.push(Bytes::copy_from_slice(row.value()));
            }
            Ok(found)
        })
    }

    /// Up to `limit` messages whose time has passed at `now` and for which `is_wanted`, soonest first.
    pub(crate) fn expired(
        &self,
        now: Timestamp,
        limit: usize,
        is_wanted: impl Fn(RecipientId, Position) -> bool,
    ) -> Result<Vec<(RecipientId, Position)>> {
        self.read(|transaction| {
            let mut expired = Vec::new();
            for row in transaction.open_table(EXPIRIES)?.range(..=timed(now, [0xff; 32]))? {
                let place = untimed(row?.0.value());
                let (owner, position) = (owner_of(place), position_of(place));
                if expired.len() == limit {
                    break;
                }
                if is_wanted(owner, position) {
                    expired.push((owner, position));
                }
            }
            Ok(expired)
        })
    }

    fn read<T>(
        &self,
        act: impl FnOnce(&ReadTransaction) -> std::result::Result<T, redb::Error>,
    ) -> Result<T> {
        act(&self.transaction).map_err(failure)
    }
}
