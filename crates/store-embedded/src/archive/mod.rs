//! The archive: where the mail is that outlived a generation, in one redb file. The envelopes are in their segments.
//!
//! Only checkpoints write to it. Everybody else reads snapshots.

mod absorb;
mod ledger;
mod relocate;
mod remembered;
mod rows;
mod sheet;
mod snapshot;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::path::Path;

use redb::{ReadTransaction, TableError, WriteTransaction};
use store::{Result, Timestamp};

use crate::disk::{Disk, failure};
use remembered::Spans;

pub(crate) use absorb::Survey;
pub(crate) use relocate::Filed;
use rows::{EXPIRIES, FORMAT, META, SEGMENTS, SHEETS, TOTALS};
pub(crate) use rows::{Load, Totals};
pub(crate) use sheet::Place;
pub(crate) use snapshot::Snapshot;
use snapshot::sheet_before;

/// The format that this version writes, and the only one that it reads.
const CURRENT_FORMAT: u64 = 2;

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

    /// Creates the tables of a new archive. False if this one has a format that cannot be read.
    pub(crate) fn prepare(&self) -> Result<bool> {
        if self.disk.read(is_new)? {
            self.disk.write(create)?;
        }
        self.spans.set(self.disk.read(remembered::list)?);
        Ok(self.snapshot()?.number(FORMAT)? == CURRENT_FORMAT)
    }

    /// What is there now, for several reads.
    pub(crate) fn snapshot(&self) -> Result<Snapshot> {
        let transaction = self.disk.snapshot()?;
        Ok(Snapshot { transaction, sheets: OnceCell::new(), spans: self.spans.get() })
    }

    /// Whether there is something to forget at `now`.
    pub(crate) fn has_forgettable(&self, now: Timestamp) -> bool {
        self.spans.has_passed(now)
    }
}

type Outcome<T> = std::result::Result<T, redb::Error>;

fn is_new(transaction: &ReadTransaction) -> Outcome<bool> {
    match transaction.open_table(META) {
        Err(TableError::TableDoesNotExist(_)) => Ok(true),
        table => Ok(table.map(|_| false)?),
    }
}

fn create(transaction: &WriteTransaction) -> Outcome<()> {
    transaction.open_table(SHEETS)?;
    transaction.open_table(EXPIRIES)?;
    transaction.open_table(TOTALS)?;
    transaction.open_table(SEGMENTS)?;
    transaction.open_table(META)?.insert(FORMAT, CURRENT_FORMAT)?;
    Ok(())
}
