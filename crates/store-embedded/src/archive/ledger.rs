//! The tables of sheets, changed together.

use std::collections::{BTreeMap, HashMap};

use redb::{ReadableTable, Table, WriteTransaction};
use store::{Position, RecipientId};

use super::rows::{
    EXPIRIES, Key, Load, SEGMENTS, SHEETS, TOTALS, TimedKey, Totals, owner_key, place, timed,
};
use super::sheet::Sheet;
use super::{Outcome, sheet_before};
use crate::journal::SegmentId;

/// Replaces sheets, and keeps what is counted and looked up by them in step.
pub(super) struct Ledger<'t> {
    sheets: Table<'t, Key, &'static [u8]>,
    expiries: Table<'t, TimedKey, ()>,
    totals: Table<'t, u128, (u64, u64)>,
    segments: Table<'t, u64, (u64, u64, u64)>,
    counted: HashMap<RecipientId, Totals>,
    loads: BTreeMap<SegmentId, Load>,
}

impl<'t> Ledger<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Outcome<Self> {
        Ok(Self {
            sheets: transaction.open_table(SHEETS)?,
            expiries: transaction.open_table(EXPIRIES)?,
            totals: transaction.open_table(TOTALS)?,
            segments: transaction.open_table(SEGMENTS)?,
            counted: HashMap::new(),
            loads: BTreeMap::new(),
        })
    }

    /// The numbers of a mailbox, to be changed.
    pub(super) fn totals_of(&mut self, owner: RecipientId) -> Outcome<&mut Totals> {
        if !self.counted.contains_key(&owner) {
            let row = self.totals.get(owner_key(owner))?.map(|row| row.value());
            let (messages, bytes) = row.unwrap_or_default();
            self.counted.insert(owner, Totals { messages, bytes });
        }
        Ok(self.counted.entry(owner).or_default())
    }

    /// The numbers of a segment, to be changed.
    pub(super) fn load_of(&mut self, segment: SegmentId) -> Outcome<&mut Load> {
        if !self.loads.contains_key(&segment) {
            let row = self.segments.get(segment.to_number())?.map(|row| row.value());
            let (messages, bytes, size) = row.unwrap_or_default();
            self.loads.insert(segment, Load { messages, bytes, size });
        }
        Ok(self.loads.entry(segment).or_default())
    }

    /// The sheet that has this message if any has, and the position in its key.
    pub(super) fn sheet_of(
        &self,
        owner: RecipientId,
        position: Position,
    ) -> Outcome<Option<(Position, Sheet)>> {
        sheet_before(&self.sheets, owner, position)
    }

    /// Puts `sheet` in the place of what is there; an empty one removes it.
    pub(super) fn replace(
        &mut self,
        owner: RecipientId,
        key: Position,
        sheet: &Sheet,
    ) -> Outcome<()> {
        let place = place(owner, key);
        let old = self.swap(place, sheet)?;
        let (before, after) = (old.as_ref().and_then(Sheet::soonest), sheet.soonest());
        if before != after {
            before.map(|soonest| self.expiries.remove(timed(soonest, place))).transpose()?;
            after.map(|soonest| self.expiries.insert(timed(soonest, place), ())).transpose()?;
        }
        if let Some(old) = old {
            self.load_of(old.segment)?.subtract(old.load());
            let totals = self.totals_of(owner)?;
            old.places().for_each(|place| totals.subtract(u64::from(place.frame.length)));
        }
        self.load_of(sheet.segment)?.add(sheet.load());
        let totals = self.totals_of(owner)?;
        sheet.places().for_each(|place| totals.add(u64::from(place.frame.length)));
        Ok(())
    }

    fn swap(&mut self, place: Key, sheet: &Sheet) -> Outcome<Option<Sheet>> {
        let old = if sheet.is_empty() {
            self.sheets.remove(place)?
        } else {
            self.sheets.insert(place, sheet.encode().as_slice())?
        };
        old.map(|old| Sheet::decode(old.value())).transpose()
    }

    /// Writes the numbers, and returns those of the mailboxes that were asked for.
    pub(super) fn close(mut self) -> Outcome<HashMap<RecipientId, Totals>> {
        for (owner, totals) in &self.counted {
            if totals.messages == 0 {
                self.totals.remove(owner_key(*owner))?;
            } else {
                self.totals.insert(owner_key(*owner), (totals.messages, totals.bytes))?;
            }
        }
        for (segment, load) in &self.loads {
            if load.messages == 0 {
                self.segments.remove(segment.to_number())?;
            } else {
                let row = (load.messages, load.bytes, load.size);
                self.segments.insert(segment.to_number(), row)?;
            }
        }
        Ok(self.counted)
    }
}
