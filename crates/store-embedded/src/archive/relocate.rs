//! Mail that moves to another segment, so that its old one can go.

use std::collections::BTreeSet;

use store::{Position, RecipientId, Result};

use super::ledger::Ledger;
use super::rows::{Load, SEGMENTS};
use super::sheet::Sheet;
use super::{Archive, Snapshot, sheet_before};
use crate::journal::SegmentId;

/// A sheet and where it is: its mailbox and the position in its key.
pub(crate) type Filed = (RecipientId, Position, Sheet);

impl Archive {
    /// Notes, durably, that the mail in `sheets` now lies in `segment`, whose file has `size` bytes and is on disk.
    pub(crate) fn relocate(&self, sheets: &[Filed], segment: SegmentId, size: u64) -> Result<()> {
        self.disk.write(|transaction| {
            let mut ledger = Ledger::open(transaction)?;
            ledger.load_of(segment)?.size = size;
            for (owner, key, sheet) in sheets {
                ledger.replace(*owner, *key, sheet)?;
            }
            ledger.close().map(drop)
        })
    }
}

impl Snapshot {
    /// The segments with archived mail.
    pub(crate) fn loads(&self) -> Result<Vec<(SegmentId, Load)>> {
        self.read(|transaction| {
            let mut loads = Vec::new();
            for row in transaction.open_table(SEGMENTS)?.range::<u64>(..)? {
                let (id, row) = row?;
                let (messages, bytes, size) = row.value();
                loads.push((SegmentId::from_number(id.value()), Load { messages, bytes, size }));
            }
            Ok(loads)
        })
    }

    /// The sheets with messages in `segment`, of which `written` names all that were ever written to it.
    pub(crate) fn sheets_in(
        &self,
        segment: SegmentId,
        written: &BTreeSet<(RecipientId, Position)>,
    ) -> Result<Vec<Filed>> {
        self.read(|_| {
            let table = self.sheets()?;
            let mut sheets: Vec<Filed> = Vec::new();
            for (owner, position) in written {
                if sheets.last().is_some_and(|(of, _, sheet)| {
                    of == owner && sheet.last().is_some_and(|last| *position <= last)
                }) {
                    continue;
                }
                let Some((key, sheet)) = sheet_before(table, *owner, *position)? else { continue };
                if sheet.segment == segment && sheet.find(*position).is_some() {
                    sheets.push((*owner, key, sheet));
                }
            }
            Ok(sheets)
        })
    }
}
