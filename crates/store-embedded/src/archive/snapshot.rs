//! Reading the archive.

use std::cell::OnceCell;
use std::ops::{Bound, RangeInclusive};
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};
use store::{Position, RecipientId, Result, Timestamp};

use super::remembered::{self, Span};
use super::rows::{
    EXPIRIES, Key, LAST_SEGMENT, META, NEXT_SEQUENCE, SHEETS, TOTALS, Totals, owner_key, owner_of,
    place, position_of, timed,
};
use super::sheet::{Place, Sheet};
use super::{Outcome, Progress};
use crate::disk::failure;

/// The archive at one moment.
pub(crate) struct Snapshot {
    pub(super) transaction: ReadTransaction,
    /// Opened by the first who reads it: most snapshots are read several times.
    pub(super) sheets: OnceCell<Sheets>,
    pub(super) spans: Arc<[Span]>,
}

pub(super) type Sheets = ReadOnlyTable<Key, &'static [u8]>;

impl Snapshot {
    /// How far the archive has come.
    pub(crate) fn progress(&self) -> Result<Progress> {
        let last_segment = self.number(LAST_SEGMENT)?;
        Ok(Progress { last_segment, next_sequence: self.number(NEXT_SEQUENCE)? })
    }

    pub(super) fn number(&self, name: &str) -> Result<u64> {
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

    pub(super) fn sheets(&self) -> Outcome<&Sheets> {
        if let Some(sheets) = self.sheets.get() {
            return Ok(sheets);
        }
        let sheets = self.transaction.open_table(SHEETS)?;
        Ok(self.sheets.get_or_init(|| sheets))
    }

    pub(super) fn read<T>(&self, act: impl FnOnce(&ReadTransaction) -> Outcome<T>) -> Result<T> {
        act(&self.transaction).map_err(failure)
    }
}

const FIRST: Position = Position { sequence: 0, incarnation: 0 };

/// The sheet that has this message if any has, and the position in its key.
pub(super) fn sheet_before(
    sheets: &impl ReadableTable<Key, &'static [u8]>,
    owner: RecipientId,
    position: Position,
) -> Outcome<Option<(Position, Sheet)>> {
    let mut rows = sheets.range(place(owner, FIRST)..=place(owner, position))?;
    let Some(row) = rows.next_back() else { return Ok(None) };
    let (key, row) = row?;
    Ok(Some((position_of(key.value()), Sheet::decode(row.value())?)))
}
