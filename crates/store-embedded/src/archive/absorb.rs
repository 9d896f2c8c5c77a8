//! A checkpoint: the places of what is left of a generation move into the archive, in one transaction.

use std::collections::{HashMap, HashSet};
use std::iter::Peekable;

use redb::WriteTransaction;
use store::{Position, RecipientId, Result, Timestamp};

use super::ledger::Ledger;
use super::rows::{LAST_SEGMENT, META, NEXT_SEQUENCE, Totals};
use super::sheet::{PLACES, Sheet};
use super::{Archive, Outcome, remembered};
use crate::generation::{Generation, Kept};
use crate::journal::SegmentId;

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
            let mut ledger = Ledger::open(transaction)?;
            for owner in &generation.touched {
                ledger.totals_of(*owner)?;
            }
            remove(&mut ledger, generation)?;
            insert(&mut ledger, generation, &survey.gone)?;
            let changed = ledger.close()?;
            spans = remembered::turn(transaction, &self.spans.get(), generation, survey.now)?;
            advance(transaction, generation, survey.next_sequence)?;
            Ok(changed)
        })?;
        self.spans.set(spans);
        Ok(changed)
    }
}

fn remove(ledger: &mut Ledger<'_>, generation: &Generation) -> Outcome<()> {
    for (owner, mut gone) in generation.gone.sorted() {
        while let [position, rest @ ..] = gone {
            gone = rest;
            let Some((key, mut sheet)) = ledger.sheet_of(owner, *position)? else { continue };
            let last = sheet.last().unwrap_or(*position);
            gone = &rest[rest.partition_point(|next| *next <= last)..];
            sheet.retain(|position| !generation.gone.contains(owner, position));
            ledger.replace(owner, key, &sheet)?;
        }
    }
    Ok(())
}

fn insert(
    ledger: &mut Ledger<'_>,
    generation: &Generation,
    gone: &HashSet<(RecipientId, Position)>,
) -> Outcome<()> {
    for segment in &generation.segments {
        ledger.load_of(segment.id)?.size = segment.file.metadata()?.len();
    }
    let mut mail = generation.mail.iter().peekable();
    while let Some(&((owner, key), kept)) = mail.peek() {
        let (owner, key) = (*owner, *key);
        // The key is that of the first, even if it has gone by now: doing it again must find the same row.
        let sheet = next_sheet(&mut mail, owner, kept.segment.id, gone);
        ledger.replace(owner, key, &sheet)?;
    }
    Ok(())
}

fn next_sheet<'g>(
    mail: &mut Peekable<impl Iterator<Item = (&'g (RecipientId, Position), &'g Kept)>>,
    owner: RecipientId,
    segment: SegmentId,
    gone: &HashSet<(RecipientId, Position)>,
) -> Sheet {
    let mut sheet = Sheet::in_segment(segment);
    for _ in 0..PLACES {
        let is_next = |((other, _), kept): &(&(RecipientId, Position), &Kept)| {
            *other == owner && kept.segment.id == segment
        };
        let Some((place, kept)) = mail.next_if(is_next) else { break };
        if !gone.contains(place) {
            sheet.push(place.1, kept);
        }
    }
    sheet
}

fn advance(
    transaction: &WriteTransaction,
    generation: &Generation,
    next_sequence: u64,
) -> Outcome<()> {
    let mut meta = transaction.open_table(META)?;
    if let Some(SegmentId::Journal(last)) = generation.segments.last().map(|segment| segment.id) {
        meta.insert(LAST_SEGMENT, last)?;
    }
    meta.insert(NEXT_SEQUENCE, next_sequence)?;
    Ok(())
}
