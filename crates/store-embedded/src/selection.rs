//! Reading a mailbox: first what is archived, then what the journal has.

use std::collections::BTreeSet;

use bytes::Bytes;
use didcomm::Destination;
use store::{Demand, Depth, Mail, Position, RecipientId, Result, StoreError, Timestamp};

use crate::archive::{MailRow, Snapshot, Totals};
use crate::disk::io_failure;
use crate::engine::Engine;
use crate::envelopes::EnvelopeCache;
use crate::generation::{Extent, Kept};

/// A mailbox at one moment, without its envelopes.
pub(crate) struct View {
    owner: RecipientId,
    /// All its mail, in flight or not.
    pub totals: Totals,
    archived: Option<Archived>,
    /// What the journal has and is wanted, oldest first, at most as many as were demanded.
    recent: Vec<(Position, Kept)>,
    newest_recent: Option<Timestamp>,
    /// Below this, all has gone that the archive does not have.
    recent_head: u64,
}

struct Archived {
    snapshot: Snapshot,
    first: Position,
    last: Position,
    gone: BTreeSet<Position>,
}

fn missing() -> StoreError {
    StoreError::Damaged("an envelope is missing".to_owned())
}

/// A message that was chosen.
pub(crate) struct Picked {
    pub position: Position,
    pub received: Timestamp,
    pub destination: Destination,
    /// Where its envelope is; `None` for the archive.
    pub envelope: Option<Extent>,
}

impl View {
    pub(crate) fn take(
        engine: &Engine,
        owner: RecipientId,
        demand: &Demand,
        hidden: &impl Fn(Position) -> bool,
    ) -> Result<Self> {
        let state = engine.state.lock();
        let (counted, snapshot) = engine.counted(&state, owner)?;
        let is_wanted = |(position, kept): &(Position, &Kept)| {
            demand.key.as_ref().is_none_or(|key| kept.destination == *key) && !hidden(*position)
        };
        let recent = state.recent(owner).filter(is_wanted).take(demand.messages);
        let recent = recent.map(|(position, kept)| (position, kept.clone())).collect();
        let newest_recent =
            state.recent(owner).rev().find(is_wanted).map(|(_, kept)| kept.received);
        let recent_head =
            state.recent(owner).next().map_or(state.next_sequence, |(first, _)| first.sequence);
        let archived = if counted.is_archived(state.archive_end()) {
            let first = Position { sequence: counted.head, incarnation: 0 };
            let last = Position { sequence: state.archive_end() - 1, incarnation: u64::MAX };
            let snapshot = snapshot.map_or_else(|| engine.archive.snapshot(), Ok)?;
            Some(Archived { snapshot, first, last, gone: state.gone(owner, first) })
        } else {
            None
        };
        Ok(Self { owner, totals: counted.totals, archived, recent, newest_recent, recent_head })
    }

    /// Offers the mail to `picker`, oldest first. Returns the sequence below which all mail has gone.
    pub(crate) fn pick(
        &self,
        picker: &mut Picker<'_>,
        hidden: &impl Fn(Position) -> bool,
    ) -> Result<u64> {
        let mut head = None;
        self.visit_archived(hidden, &mut head, |position, row| {
            picker.offer(position, row.length, row.into())
        })?;
        for (position, kept) in &self.recent {
            if !picker.offer(*position, kept.envelope.length, kept.clone().into()) {
                break;
            }
        }
        Ok(head.unwrap_or(self.recent_head))
    }

    /// Counts what is wanted.
    pub(crate) fn depth(
        &self,
        demand: &Demand,
        hidden: &impl Fn(Position) -> bool,
    ) -> Result<Depth> {
        let mut depth = Depth::default();
        let mut count = |received, length| {
            depth.messages += 1;
            depth.bytes += u64::from(length);
            depth.oldest = depth.oldest.or(Some(received));
            depth.newest = Some(received);
        };
        self.visit_archived(hidden, &mut None, |_, row| {
            if demand.key.as_ref().is_none_or(|key| row.destination == *key) {
                count(row.received, row.length);
            }
            true
        })?;
        self.recent.iter().for_each(|(_, kept)| count(kept.received, kept.envelope.length));
        Ok(depth)
    }

    /// When the oldest and the newest message were accepted.
    pub(crate) fn ends(
        &self,
        demand: &Demand,
        hidden: &impl Fn(Position) -> bool,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
        let mut oldest = None;
        self.visit_archived(hidden, &mut None, |_, row| {
            oldest = Some(row.received);
            false
        })?;
        let oldest = oldest.or(self.recent.first().map(|(_, kept)| kept.received));
        let newest = match (self.newest_recent, &self.archived) {
            (None, Some(archived)) => archived.newest(self.owner, hidden)?,
            (newest, _) => newest,
        };
        debug_assert!(demand.key.is_none(), "the ends of a part of a mailbox are found by `depth`");
        Ok((oldest, newest))
    }

    /// The messages with their envelopes, from the cache or from where they are.
    pub(crate) fn load(&self, picked: Vec<Picked>, cache: &EnvelopeCache) -> Result<Vec<Mail>> {
        let cached: Vec<_> = picked.iter().map(|picked| cache.get(picked.position)).collect();
        let is_archived = |(picked, cached): &(&Picked, &Option<Bytes>)| {
            cached.is_none() && picked.envelope.is_none()
        };
        let wanted: Vec<Position> = picked
            .iter()
            .zip(&cached)
            .filter(is_archived)
            .map(|(picked, _)| picked.position)
            .collect();
        let mut archived = self.archived_envelopes(&wanted)?.into_iter();
        let with_envelope = |(picked, cached): (Picked, Option<Bytes>)| {
            let envelope = match (cached, &picked.envelope) {
                (Some(cached), _) => cached,
                (None, Some(extent)) => extent.read().map_err(|error| io_failure(&error))?,
                (None, None) => archived.next().ok_or_else(missing)?,
            };
            let Picked { position, received, destination, .. } = picked;
            Ok(Mail { position, envelope, destination, received })
        };
        picked.into_iter().zip(cached).map(with_envelope).collect()
    }

    fn archived_envelopes(&self, positions: &[Position]) -> Result<Vec<Bytes>> {
        match &self.archived {
            Some(archived) if !positions.is_empty() => archived.snapshot.envelopes(positions),
            _ => Ok(Vec::new()),
        }
    }

    fn visit_archived(
        &self,
        hidden: &impl Fn(Position) -> bool,
        head: &mut Option<u64>,
        mut visit: impl FnMut(Position, MailRow) -> bool,
    ) -> Result<()> {
        let Some(archived) = &self.archived else { return Ok(()) };
        archived.snapshot.visit(self.owner, archived.first..=archived.last, |position, row| {
            if archived.gone.contains(&position) {
                return true;
            }
            head.get_or_insert(position.sequence);
            hidden(position) || visit(position, row)
        })
    }
}

impl Archived {
    fn newest(
        &self,
        owner: RecipientId,
        hidden: &impl Fn(Position) -> bool,
    ) -> Result<Option<Timestamp>> {
        let is_wanted = |position, _: &MailRow| !self.gone.contains(&position) && !hidden(position);
        let row = self.snapshot.newest(owner, self.first..=self.last, is_wanted)?;
        Ok(row.map(|row| row.received))
    }
}

/// Chooses what fits into a demand.
pub(crate) struct Picker<'a> {
    demand: &'a Demand,
    bytes: usize,
    picked: Vec<Picked>,
}

impl<'a> Picker<'a> {
    pub(crate) fn new(demand: &'a Demand) -> Self {
        Self { demand, bytes: 0, picked: Vec::new() }
    }

    /// Takes the message if it is wanted and fits; says whether there may be room for more.
    fn offer(&mut self, position: Position, length: u32, mail: Offered) -> bool {
        if self.demand.key.as_ref().is_some_and(|key| mail.destination != *key) {
            return true;
        }
        self.bytes = self.bytes.saturating_add(length as usize);
        if self.picked.len() == self.demand.messages
            || (self.bytes > self.demand.bytes && !self.picked.is_empty())
        {
            // What comes later is not older: it must not slip past this one.
            self.bytes = usize::MAX;
            return false;
        }
        let Offered { received, destination, envelope } = mail;
        self.picked.push(Picked { position, received, destination, envelope });
        self.picked.len() < self.demand.messages
    }

    pub(crate) fn into_picked(self) -> Vec<Picked> {
        self.picked
    }
}

struct Offered {
    received: Timestamp,
    destination: Destination,
    envelope: Option<Extent>,
}

impl From<MailRow> for Offered {
    fn from(row: MailRow) -> Self {
        Self { received: row.received, destination: row.destination, envelope: None }
    }
}

impl From<Kept> for Offered {
    fn from(kept: Kept) -> Self {
        Self {
            received: kept.received,
            destination: kept.destination,
            envelope: Some(kept.envelope),
        }
    }
}
