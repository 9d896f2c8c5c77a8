//! What is in flight, inside one process.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::{
    Bells, Claims, Epoch, Holder, Mail, Position, RecipientId, Result, StoreError, Timestamp,
};

/// Which messages are in whose hands, and until when: the part of [`Mailbox`](crate::Mailbox) that need not survive the process.
///
/// Cheap to clone; clones share their state. A mailbox with nothing in flight costs nothing.
///
/// A store keeps to two rules, so that no mark outlives its message and none is handed out twice: it reads the
/// mail of a lease only *after* [`Flight::lock`], and it [forgets](InFlight::forget) a message only *after* that
/// message is gone for readers. Locks are taken in the order flight, then bells and claims; the store's own before all.
#[derive(Clone)]
pub struct Flight {
    bells: Bells,
    claims: Claims,
    shards: Arc<[Mutex<Shard>]>,
}

type Shard = HashMap<RecipientId, Marks>;

/// Many, because a store may read its disk under one of the locks and others must seldom wait for that.
const SHARDS: usize = 1024;

/// The marks of one mailbox. Only holders with a mark are listed.
#[derive(Default)]
struct Marks {
    by_position: BTreeMap<Position, Mark>,
    holders: Vec<Held>,
    bytes: u64,
}

struct Held {
    holder: Holder,
    until: Timestamp,
    /// A session that reads no more, whose marks were given some time.
    lingers: bool,
    messages: usize,
}

struct Mark {
    holder: Holder,
    /// Further readers of a shared mailbox.
    others: Vec<Holder>,
    bytes: u64,
}

impl Mark {
    fn holders(&self) -> impl Iterator<Item = Holder> {
        std::iter::once(self.holder).chain(self.others.iter().copied())
    }

    /// Keeps the holders that `stays` says, if there are any.
    fn retain(&mut self, stays: impl Fn(Holder) -> bool) -> bool {
        self.others.retain(|holder| stays(*holder));
        if stays(self.holder) {
            return true;
        }
        self.others.pop().is_some_and(|other| {
            self.holder = other;
            true
        })
    }
}

impl Flight {
    /// Nothing in flight. A session's marks are valid while it is a reader in `bells` and its instance lives by `claims`.
    pub fn new(bells: Bells, claims: Claims) -> Self {
        Self { bells, claims, shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// The bells that say who reads.
    pub fn bells(&self) -> &Bells {
        &self.bells
    }

    /// The claims that say which instance lives.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What is in flight of one mailbox at `now`; others who ask for it wait until the answer is dropped.
    pub fn lock(&self, owner: RecipientId, now: Timestamp) -> InFlight<'_> {
        let mut shard = self.shard(owner).lock();
        let marks = shard.remove(&owner).unwrap_or_default();
        let mut in_flight = InFlight { flight: self, owner, now, shard, marks };
        in_flight.void_what_ended();
        in_flight
    }

    fn shard(&self, owner: RecipientId) -> &Mutex<Shard> {
        // Recipient ids are hashes: any of their bytes spread evenly.
        &self.shards[usize::from(u16::from_be_bytes([owner.0[0], owner.0[1]])) % SHARDS]
    }

    /// Whether nothing at all is marked, valid or not.
    pub fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.lock().is_empty())
    }
}

/// The valid marks of one mailbox, under lock. It cannot be kept over an `await`.
pub struct InFlight<'a> {
    flight: &'a Flight,
    owner: RecipientId,
    now: Timestamp,
    shard: MutexGuard<'a, Shard>,
    marks: Marks,
}

impl InFlight<'_> {
    /// Whether this message is in anybody's hands.
    pub fn contains(&self, position: Position) -> bool {
        self.marks.by_position.contains_key(&position)
    }

    /// Whether `holder` may not be given this message. Without a holder: whether it is in anybody's hands.
    pub fn hides(&self, position: Position, holder: Option<Holder>) -> bool {
        let Some(mark) = self.marks.by_position.get(&position) else { return false };
        match holder {
            Some(Holder::Session(_)) => mark.holders().any(|other| match other {
                Holder::Session(epoch) => {
                    Some(other) == holder || !self.flight.bells.is_reader(self.owner, epoch)
                }
                Holder::Request(_) => true,
            }),
            _ => true,
        }
    }

    /// How many messages are in flight.
    pub fn messages(&self) -> u64 {
        self.marks.by_position.len() as u64
    }

    /// The bytes of their envelopes.
    pub fn bytes(&self) -> u64 {
        self.marks.bytes
    }

    /// Whether `holder` may have marks.
    ///
    /// # Errors
    /// [`StoreError::Displaced`] if it is a session that is no reader of the mailbox.
    pub fn admit(&self, holder: Holder) -> Result<()> {
        match holder {
            Holder::Session(epoch) if !self.flight.bells.is_reader(self.owner, epoch) => {
                Err(StoreError::Displaced)
            }
            _ => Ok(()),
        }
    }

    /// Marks `mail`, none of which may be [hidden](InFlight::hides) from it, for `holder`. All its marks, older ones too, now
    /// last until `until`.
    pub fn hold(&mut self, holder: Holder, until: Timestamp, mail: &[Mail]) {
        match self.marks.holders.iter_mut().find(|held| held.holder == holder) {
            Some(held) => {
                held.until = until;
                held.lingers = false;
                held.messages += mail.len();
            }
            None if mail.is_empty() => return,
            None => {
                let messages = mail.len();
                self.marks.holders.push(Held { holder, until, lingers: false, messages });
            }
        }
        for mail in mail {
            let bytes = mail.envelope.len() as u64;
            match self.marks.by_position.entry(mail.position) {
                Entry::Occupied(mut mark) => mark.get_mut().others.push(holder),
                Entry::Vacant(place) => {
                    place.insert(Mark { holder, others: Vec::new(), bytes });
                    self.marks.bytes += bytes;
                }
            }
        }
    }

    /// Ends the marks of `holder` at `until` at the latest, and says how many messages are in nobody's hands by that.
    pub fn release(&mut self, holder: Holder, until: Timestamp) -> usize {
        let Some(held) = self.marks.holders.iter_mut().find(|held| held.holder == holder) else {
            return 0;
        };
        held.until = held.until.min(until);
        held.lingers = true;
        let before = self.marks.by_position.len();
        self.void_what_ended();
        before - self.marks.by_position.len()
    }

    /// Ends the marks of sessions that are no readers any more at `until` at the latest: a newer one displaced them, under this
    /// lock.
    pub fn displace(&mut self, until: Timestamp) {
        for held in &mut self.marks.holders {
            if let Holder::Session(epoch) = held.holder
                && !self.flight.bells.is_reader(self.owner, epoch)
            {
                held.until = held.until.min(until);
                held.lingers = true;
            }
        }
        self.void_what_ended();
    }

    /// How many messages `holder` has.
    pub fn held_by(&self, holder: Holder) -> usize {
        self.marks.holders.iter().find(|held| held.holder == holder).map_or(0, |held| held.messages)
    }

    /// Ends the marks of a message that is gone, and says who had it.
    pub fn forget(&mut self, position: Position) -> impl Iterator<Item = Holder> + use<> {
        let gone = self.marks.by_position.remove(&position);
        if let Some(gone) = &gone {
            self.marks.bytes -= gone.bytes;
            self.marks.holders.retain_mut(|held| {
                held.messages -= usize::from(gone.holders().any(|holder| held.holder == holder));
                held.messages > 0
            });
        }
        gone.into_iter().flat_map(|gone| std::iter::once(gone.holder).chain(gone.others))
    }

    /// [Forgets](InFlight::forget) messages that were acknowledged, and rings the readers that had some of them, except `by`.
    pub fn settle(&mut self, gone: &[Position], by: Option<Epoch>) {
        for position in gone {
            for holder in self.forget(*position) {
                if let Holder::Session(epoch) = holder
                    && by != Some(epoch)
                {
                    self.flight.bells.ring_session(self.owner, epoch);
                }
            }
        }
    }

    fn void_what_ended(&mut self) {
        if self.marks.holders.is_empty() {
            return;
        }
        let (flight, owner, now) = (self.flight, self.owner, self.now);
        let is_valid = |held: &Held| {
            held.until > now
                && match held.holder {
                    Holder::Request(_) => true,
                    Holder::Session(_) if held.lingers => true,
                    Holder::Session(epoch) => {
                        flight.bells.is_reader(owner, epoch) && flight.claims.is_alive(epoch, now)
                    }
                }
        };
        if !self.marks.holders.iter().all(is_valid) {
            self.keep_only(is_valid);
        }
    }

    fn keep_only(&mut self, keep: impl Fn(&Held) -> bool) {
        let Marks { by_position, holders, bytes } = &mut self.marks;
        holders.retain(keep);
        by_position
            .retain(|_, mark| mark.retain(|has| holders.iter().any(|held| held.holder == has)));
        *bytes = by_position.values().map(|mark| mark.bytes).sum();
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.marks.by_position.is_empty() {
            self.shard.insert(self.owner, std::mem::take(&mut self.marks));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Company, Epoch, StoreError};
    use bytes::Bytes;

    fn flight() -> Flight {
        Flight::new(Bells::default(), Claims::after(0))
    }

    const OWNER: RecipientId = RecipientId([7; 16]);
    const NOW: Timestamp = Timestamp(1_000);
    const LATER: Timestamp = Timestamp(2_000);
    const SESSION: Holder = Holder::Session(Epoch(1));
    const REQUEST: Holder = Holder::Request(9);

    fn mail(sequence: u64) -> Mail {
        let position = Position { sequence, incarnation: 5 };
        Mail {
            position,
            envelope: Bytes::from_static(b"ten bytes!"),
            destination: crate::tests::key(1),
            received: NOW,
        }
    }

    #[test]
    fn counts_and_bytes_follow_every_mark() {
        let flight = flight();
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(1), mail(2), mail(3)]);
        assert!(flight.lock(OWNER, NOW).forget(mail(2).position).eq([REQUEST]));
        let in_flight = flight.lock(OWNER, NOW);
        assert_eq!(
            (in_flight.messages(), in_flight.bytes(), in_flight.held_by(REQUEST)),
            (2, 20, 2)
        );
        assert!(in_flight.contains(mail(3).position) && !in_flight.contains(mail(2).position));
    }

    #[test]
    fn a_mark_ends_when_its_time_comes_unless_it_was_renewed() {
        let flight = flight();
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(1)]);
        flight.lock(OWNER, NOW).hold(Holder::Request(10), LATER, &[mail(2)]);
        flight.lock(OWNER, NOW).hold(REQUEST, Timestamp(3_000), &[]);
        let in_flight = flight.lock(OWNER, LATER);
        assert!(in_flight.contains(mail(1).position) && !in_flight.contains(mail(2).position));
    }

    #[test]
    fn only_the_reader_may_hold_as_a_session_and_its_marks_end_with_its_watch() {
        let flight = flight();
        assert_eq!(flight.lock(OWNER, NOW).admit(SESSION), Err(StoreError::Displaced));
        let watch = flight.bells().watch(OWNER, Epoch(1), Company::Alone).unwrap();
        assert_eq!(flight.lock(OWNER, NOW).admit(SESSION), Ok(()));
        flight.lock(OWNER, NOW).hold(SESSION, LATER, &[mail(1)]);
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(2)]);
        drop(watch);
        let in_flight = flight.lock(OWNER, NOW);
        assert!(!in_flight.contains(mail(1).position) && in_flight.contains(mail(2).position));
    }

    #[test]
    fn a_mailbox_with_nothing_in_flight_has_no_entry() {
        let flight = flight();
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[]);
        assert!(flight.is_empty());
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(1)]);
        assert!(!flight.is_empty());
        assert_eq!(flight.lock(OWNER, NOW).release(REQUEST, NOW), 1);
        assert!(flight.is_empty());
    }

    #[test]
    fn what_a_displaced_session_has_lingers_as_long_as_its_successor_said() {
        let flight = flight();
        let _old = flight.bells().watch(OWNER, Epoch(1), Company::Alone).unwrap();
        flight.lock(OWNER, NOW).hold(SESSION, LATER, &[mail(1)]);
        let mut in_flight = flight.lock(OWNER, NOW);
        let _new = flight.bells().watch(OWNER, Epoch(2), Company::Alone).unwrap();
        in_flight.displace(Timestamp(1_500));
        drop(in_flight);
        let newer = Some(Holder::Session(Epoch(2)));
        assert!(flight.lock(OWNER, Timestamp(1_499)).hides(mail(1).position, newer));
        assert!(!flight.lock(OWNER, Timestamp(1_500)).hides(mail(1).position, newer));
    }

    #[test]
    fn readers_in_company_hide_mail_from_requests_and_not_from_each_other() {
        let flight = flight();
        let other = Holder::Session(Epoch(2));
        let _first = flight.bells().watch(OWNER, Epoch(1), Company::Shared).unwrap();
        let _second = flight.bells().watch(OWNER, Epoch(2), Company::Shared).unwrap();
        let mut in_flight = flight.lock(OWNER, NOW);
        in_flight.hold(SESSION, LATER, &[mail(1)]);
        assert!(!in_flight.hides(mail(1).position, Some(other)));
        in_flight.hold(other, LATER, &[mail(1)]);
        for holder in [None, Some(REQUEST), Some(SESSION), Some(other)] {
            assert!(in_flight.hides(mail(1).position, holder), "{holder:?}");
        }
        assert_eq!((in_flight.messages(), in_flight.bytes()), (1, 10));
        assert_eq!(in_flight.release(SESSION, NOW), 0, "the other still has it");
        assert!(in_flight.forget(mail(1).position).eq([other]));
    }
}
