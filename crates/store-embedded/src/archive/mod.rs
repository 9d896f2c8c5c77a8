//! The archive: where the mail is that outlived a generation, in one redb file. The envelopes are in their segments.
//!
//! Only checkpoints write to it. Everybody else reads snapshots.

mod absorb;
mod ledger;
mod relocate;
mod remembered;
mod rows;
mod sheet;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::ops::{Bound, RangeInclusive};
use std::path::Path;
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, TableError, WriteTransaction};
use store::{Position, RecipientId, Result, Timestamp};

use crate::disk::{Disk, failure};
use remembered::{Span, Spans};

pub(crate) use absorb::Survey;
pub(crate) use relocate::Filed;
use rows::{
    EXPIRIES, FORMAT, Key, LAST_SEGMENT, META, NEXT_SEQUENCE, SEGMENTS, SHEETS, TOTALS, owner_key,
    owner_of, place, position_of, timed,
};
pub(crate) use rows::{Load, Totals};
pub(crate) use sheet::{Place, Sheet};

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

/// The archive at one moment.
pub(crate) struct Snapshot {
    transaction: ReadTransaction,
    /// Opened by the first who reads it: most snapshots are read several times.
    sheets: OnceCell<Sheets>,
    spans: Arc<[Span]>,
}

type Sheets = ReadOnlyTable<Key, &'static [u8]>;

impl Snapshot {
    /// How far the archive has come.
    pub(crate) fn progress(&self) -> Result<Progress> {
        let last_segment = self.number(LAST_SEGMENT)?;
        Ok(Progress { last_segment, next_sequence: self.number(NEXT_SEQUENCE)? })
    }

    fn number(&self, name: &str) -> Result<u64> {
        self.read(|transaction| {
            let row = transaction.open_table(META)?.get(name)?.map(|row| row.value());
            Ok(row.unwrap_or_default())
        })
    }

    /// How much of this mailbox is archived.
    pub(crate) fn totals(&self, owner: RecipientId) -> Result<Totals> {
        self.read(|transaction| {
            let row = transaction.open_table(TOTALS)?.get(owner_key(owner))?.map(|row| row.value());
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

    /// The lengths of those of `positions`, which are in order, that are in this mailbox.
    pub(crate) fn lengths(
        &self,
        owner: RecipientId,
        positions: &[Position],
    ) -> Result<Vec<(Position, u64)>> {
        self.read(|_| {
            let sheets = self.sheets()?;
            let mut found = Vec::with_capacity(positions.len());
            let mut rest = positions;
            while let Some(first) = rest.first() {
                let sheet = sheet_before(sheets, owner, *first)?.map(|(_, sheet)| sheet);
                let last = sheet.as_ref().and_then(Sheet::last).unwrap_or(*first);
                let (here, after) = rest.split_at(rest.partition_point(|id| *id <= last).max(1));
                let places = here.iter().filter_map(|id| sheet.as_ref()?.find(*id));
                found.extend(places.map(|place| (place.position, u64::from(place.frame.length))));
                rest = after;
            }
            Ok(found)
        })
    }

    /// Shows the mail of a mailbox to `visit`, oldest first, until it says that it has enough.
    pub(crate) fn visit(
        &self,
        owner: RecipientId,
        between: RangeInclusive<Position>,
        mut visit: impl FnMut(Place<'_>) -> bool,
    ) -> Result<()> {
        self.read(|_| {
            let sheets = self.sheets()?;
            let (start, end) = (*between.start(), place(owner, *between.end()));
            let mut after = Bound::Included(place(owner, start));
            if let Some((key, sheet)) = sheet_before(sheets, owner, start)? {
                if !sheet.from(start).all(&mut visit) {
                    return Ok(());
                }
                after = Bound::Excluded(place(owner, key));
            }
            for row in sheets.range((after, Bound::Included(end)))? {
                if !Sheet::decode(row?.1.value())?.places().all(&mut visit) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// When the newest message for which `is_wanted` was accepted.
    pub(crate) fn newest(
        &self,
        owner: RecipientId,
        last: Position,
        is_wanted: impl Fn(Position) -> bool,
    ) -> Result<Option<Timestamp>> {
        self.read(|_| {
            let sheets = self.sheets()?;
            for row in sheets.range(place(owner, FIRST)..=place(owner, last))?.rev() {
                let sheet = Sheet::decode(row?.1.value())?;
                if let Some(newest) = sheet.places().rev().find(|place| is_wanted(place.position)) {
                    return Ok(Some(newest.received));
                }
            }
            Ok(None)
        })
    }

    /// Up to `limit` messages whose time has passed at `now` and for which `is_wanted`, about soonest first.
    pub(crate) fn expired(
        &self,
        now: Timestamp,
        limit: usize,
        is_wanted: impl Fn(RecipientId, Position) -> bool,
    ) -> Result<Vec<(RecipientId, Position)>> {
        self.read(|transaction| {
            let sheets = self.sheets()?;
            let mut expired = Vec::new();
            for row in
                transaction.open_table(EXPIRIES)?.range(..=timed(now, (u128::MAX, u128::MAX)))?
            {
                if expired.len() == limit {
                    break;
                }
                let (_, owner, position) = row?.0.value();
                let key = (owner, position);
                let Some(row) = sheets.get(key)? else {
                    return Err(redb::Error::Corrupted("a sheet is missing".to_owned()));
                };
                let (owner, sheet) = (owner_of(key), Sheet::decode(row.value())?);
                let over = sheet.places().filter(|place| place.expires <= now);
                let over = over.filter(|place| is_wanted(owner, place.position));
                expired
                    .extend(over.map(|place| (owner, place.position)).take(limit - expired.len()));
            }
            Ok(expired)
        })
    }

    fn sheets(&self) -> Outcome<&Sheets> {
        if let Some(sheets) = self.sheets.get() {
            return Ok(sheets);
        }
        let sheets = self.transaction.open_table(SHEETS)?;
        Ok(self.sheets.get_or_init(|| sheets))
    }

    fn read<T>(&self, act: impl FnOnce(&ReadTransaction) -> Outcome<T>) -> Result<T> {
        act(&self.transaction).map_err(failure)
    }
}

const FIRST: Position = Position { sequence: 0, incarnation: 0 };

/// The sheet that has this message if any has, and the position in its key.
fn sheet_before(
    sheets: &impl ReadableTable<Key, &'static [u8]>,
    owner: RecipientId,
    position: Position,
) -> Outcome<Option<(Position, Sheet)>> {
    let mut rows = sheets.range(place(owner, FIRST)..=place(owner, position))?;
    let Some(row) = rows.next_back() else { return Ok(None) };
    let (key, row) = row?;
    Ok(Some((position_of(key.value()), Sheet::decode(row.value())?)))
}
