//! A checkpoint: what is left of a generation moves into the archive, in one transaction.

use std::collections::{HashMap, HashSet};

use redb::{ReadableTable, Table, WriteTransaction};
use store::{Position, RecipientId, Result, Timestamp};

use super::rows::{
    ENVELOPES, EXPIRIES, LAST_SEGMENT, MAIL, META, MailRow, NEXT_SEQUENCE, TOTALS, Totals, place,
    timed,
};
use super::{Archive, remembered};
use crate::generation::{Generation, Kept};

pub(super) type Outcome<T> = std::result::Result<T, redb::Error>;

/// What a checkpoint has to know beside its generation.
pub(crate) struct Survey {
    /// Mail of the generation that has gone since it was frozen. It is not worth its room.
    pub gone: HashSet<(RecipientId, Position)>,
    /// A sequence above all of the generation.
    pub next_sequence: u64,
    /// When this is.
    pub now: Timestamp,
}

impl Archive {
    /// Takes over `generation`, durably, and says what each mailbox that it touched has in the archive now. Doing it again
    /// after a failure, or after a crash, is harmless.
    pub(crate) fn absorb(
        &self,
        generation: &Generation,
        survey: &Survey,
    ) -> Result<HashMap<RecipientId, Totals>> {
        let mut spans = Vec::new();
        let changed = self.disk.write(|transaction| {
            let mut absorption = Absorption::begin(transaction, generation)?;
            absorption.remove(generation)?;
            absorption.insert(generation, &survey.gone)?;
            let changed = absorption.finish(transaction)?;
            spans = remembered::turn(transaction, &self.spans.get(), generation, survey.now)?;
            advance(transaction, generation, survey.next_sequence)?;
            Ok(changed)
        })?;
        self.spans.set(spans);
        Ok(changed)
    }
}

struct Absorption<'t> {
    mail: Table<'t, [u8; 32], &'static [u8]>,
    envelopes: Table<'t, [u8; 16], &'static [u8]>,
    expiries: Table<'t, [u8; 40], ()>,
    totals: HashMap<RecipientId, Totals>,
}

impl<'t> Absorption<'t> {
    fn begin(transaction: &'t WriteTransaction, generation: &Generation) -> Outcome<Self> {
        let rows = transaction.open_table(TOTALS)?;
        let mut totals = HashMap::with_capacity(generation.touched.len());
        for owner in &generation.touched {
            let (messages, bytes) = rows.get(owner.0)?.map(|row| row.value()).unwrap_or_default();
            totals.insert(*owner, Totals { messages, bytes });
        }
        Ok(Self {
            mail: transaction.open_table(MAIL)?,
            envelopes: transaction.open_table(ENVELOPES)?,
            expiries: transaction.open_table(EXPIRIES)?,
            totals,
        })
    }

    fn remove(&mut self, generation: &Generation) -> Outcome<()> {
        let mut rows = Vec::with_capacity(generation.gone.len());
        for (owner, position) in &generation.gone {
            if let Some(row) = self.mail.remove(place(*owner, *position))? {
                rows.push((*position, *owner, MailRow::decode(row.value())?));
            }
        }
        rows.sort_unstable_by_key(|(position, ..)| *position);
        for (position, owner, row) in rows {
            self.expiries.remove(timed(row.expires, place(owner, position)))?;
            self.envelopes.remove(position.to_bytes())?;
            self.totals.entry(owner).or_default().subtract(u64::from(row.length));
        }
        Ok(())
    }

    /// In the order of positions, which is the order of the envelopes in the journal and in their table.
    fn insert(
        &mut self,
        generation: &Generation,
        gone: &HashSet<(RecipientId, Position)>,
    ) -> Outcome<()> {
        let mut mail: Vec<_> =
            generation.mail.iter().filter(|(place, _)| !gone.contains(place)).collect();
        mail.sort_unstable_by_key(|((_, position), _)| *position);
        for ((owner, position), kept) in mail {
            self.insert_one(*owner, *position, kept)?;
        }
        Ok(())
    }

    fn insert_one(&mut self, owner: RecipientId, position: Position, kept: &Kept) -> Outcome<()> {
        let place = place(owner, position);
        let Kept { received, expires, destination, envelope } = kept.clone();
        let row = MailRow { received, expires, length: envelope.length, destination };
        let is_new = self.mail.insert(place, row.encode().as_slice())?.is_none();
        self.envelopes.insert(position.to_bytes(), &*envelope.read()?)?;
        self.expiries.insert(timed(expires, place), ())?;
        if is_new {
            self.totals.entry(owner).or_default().add(u64::from(row.length));
        }
        Ok(())
    }

    fn finish(self, transaction: &WriteTransaction) -> Outcome<HashMap<RecipientId, Totals>> {
        let mut rows = transaction.open_table(TOTALS)?;
        for (owner, totals) in &self.totals {
            if totals.messages == 0 {
                rows.remove(owner.0)?;
            } else {
                rows.insert(owner.0, (totals.messages, totals.bytes))?;
            }
        }
        Ok(self.totals)
    }
}

fn advance(
    transaction: &WriteTransaction,
    generation: &Generation,
    next_sequence: u64,
) -> Outcome<()> {
    let mut meta = transaction.open_table(META)?;
    if let Some(last) = generation.segments.last() {
        meta.insert(LAST_SEGMENT, last.id)?;
    }
    meta.insert(NEXT_SEQUENCE, next_sequence)?;
    Ok(())
}
