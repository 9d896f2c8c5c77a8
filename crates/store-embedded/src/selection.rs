//! Reading a mailbox: first what is archived, then what the journal has.

use store::{Demand, Depth, Mail, Position, RecipientId, Result, Timestamp};

use crate::archive::{Place, Snapshot, Totals};
use crate::engine::Engine;
use crate::generation::Kept;
use crate::journal::SegmentId;
use crate::picking::{Picked, Picker};
use crate::reading::{Patience, Reading, envelopes};

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
    /// In order.
    gone: Vec<Position>,
}

/// What became of [`View::load`].
pub(crate) enum Loaded {
    Mail(Vec<Mail>),
    /// The disk would have to be waited for.
    Cold,
    /// A segment is not there: mail has moved since it was picked, or is lost.
    Missing(SegmentId),
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
        self.visit_archived(hidden, &mut head, |place| picker.offer(&place))?;
        let _ = self.recent.iter().all(|(position, kept)| picker.offer(&(*position, kept)));
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
        self.visit_archived(hidden, &mut None, |place| {
            if demand.key.as_ref().is_none_or(|key| place.destination == key) {
                count(place.received, place.frame.length);
            }
            true
        })?;
        self.recent.iter().for_each(|(_, kept)| count(kept.received, kept.frame.length));
        Ok(depth)
    }

    /// When the oldest and the newest message were accepted.
    pub(crate) fn ends(
        &self,
        demand: &Demand,
        hidden: &impl Fn(Position) -> bool,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
        let mut oldest = None;
        self.visit_archived(hidden, &mut None, |place| {
            oldest = Some(place.received);
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
    pub(crate) fn load(
        &self,
        picked: Vec<Picked>,
        engine: &Engine,
        patience: Patience,
    ) -> Result<Loaded> {
        let cached: Vec<_> =
            picked.iter().map(|picked| engine.cache.get(picked.wanted.position)).collect();
        let missing = picked.iter().zip(&cached).filter(|(_, cached)| cached.is_none());
        let wanted: Vec<_> = missing.map(|(picked, _)| &picked.wanted).collect();
        let mut read = match envelopes(&engine.shelf, self.owner, &wanted, patience)? {
            Reading::Done(read) => read.into_iter(),
            Reading::Cold => return Ok(Loaded::Cold),
            Reading::Missing(segment) => return Ok(Loaded::Missing(segment)),
        };
        let mail = picked.into_iter().zip(cached).filter_map(|(picked, cached)| {
            let Picked { wanted, received, destination } = picked;
            let envelope = cached.or_else(|| read.next())?;
            Some(Mail { position: wanted.position, envelope, destination, received })
        });
        Ok(Loaded::Mail(mail.collect()))
    }

    fn visit_archived(
        &self,
        hidden: &impl Fn(Position) -> bool,
        head: &mut Option<u64>,
        mut visit: impl FnMut(Place<'_>) -> bool,
    ) -> Result<()> {
        let Some(archived) = &self.archived else { return Ok(()) };
        archived.snapshot.visit(self.owner, archived.first..=archived.last, |place| {
            if archived.gone.binary_search(&place.position).is_ok() {
                return true;
            }
            head.get_or_insert(place.position.sequence);
            hidden(place.position) || visit(place)
        })
    }
}

impl Archived {
    fn newest(
        &self,
        owner: RecipientId,
        hidden: &impl Fn(Position) -> bool,
    ) -> Result<Option<Timestamp>> {
        let is_wanted = |position| {
            position >= self.first
                && self.gone.binary_search(&position).is_err()
                && !hidden(position)
        };
        self.snapshot.newest(owner, self.last, is_wanted)
    }
}
