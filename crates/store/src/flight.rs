//! What is in flight, inside one process.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::{Bells, Holder, Mail, Position, RecipientId, Result, StoreError, Timestamp};

/// Which messages are in whose hands, and until when: the part of [`Mailbox`](crate::Mailbox) that need not survive the process.
///
/// Cheap to clone; clones share their state. A mailbox with nothing in flight costs nothing.
///
/// A store keeps to two rules, so that no mark outlives its message and none is handed out twice: it reads the
/// mail of a lease only *after* [`Flight::lock`], and it [forgets](InFlight::forget) a message only *after* that
/// message is gone for readers. Locks are taken in the order flight, then bells; the store's own before both.
#[derive(Clone)]
pub struct Flight {
    bells: Bells,
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
    messages: usize,
}

struct Mark {
    holder: Holder,
    bytes: u64,
}

impl Flight {
    /// Nothing in flight. A session's marks are valid as long as it is the reader in `bells`.
    pub fn new(bells: Bells) -> Self {
        Self { bells, shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// The bells that say who reads.
    pub fn bells(&self) -> &Bells {
        &self.bells
    }

    /// What is in flight of one mailbox at `now`; others who ask for it wait until the answer is dropped.
    pub fn lock(&self, owner: RecipientId, now: Timestamp) -> InFlight<'_> {
        let mut shard = self.shard(owner).lock();
        let marks = shard.remove(&owner).unwrap_or_default();
        let mut in_flight = InFlight { bells: &self.bells, owner, shard, marks };
        in_flight.void_what_ran_out(now);
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
    bells: &'a Bells,
    owner: RecipientId,
    shard: MutexGuard<'a, Shard>,
    marks: Marks,
}

impl InFlight<'_> {
    /// Whether this message is in somebody's hands.
    pub fn contains(&self, position: Position) -> bool {
        self.marks.by_position.contains_key(&position)
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
    /// [`StoreError::Displaced`] if it is a session that is not the mailbox's reader.
    pub fn admit(&self, holder: Holder) -> Result<()> {
        match holder {
            Holder::Session(epoch) if self.bells.reader(self.owner) != Some(epoch) => {
                Err(StoreError::Displaced)
            }
            _ => Ok(()),
        }
    }

    /// Marks `mail`, none of which may be in flight, for `holder`. All its marks, older ones too, now last until `until`.
    pub fn hold(&mut self, holder: Holder, until: Timestamp, mail: &[Mail]) {
        match self.marks.holders.iter_mut().find(|held| held.holder == holder) {
            Some(held) => {
                held.until = until;
                held.messages += mail.len();
            }
            None if mail.is_empty() => return,
            None => self.marks.holders.push(Held { holder, until, messages: mail.len() }),
        }
        for mail in mail {
            let bytes = mail.envelope.len() as u64;
            self.marks.bytes += bytes;
            self.marks.by_position.insert(mail.position, Mark { holder, bytes });
        }
    }

    /// Ends the marks of `holder` and says how many there were.
    pub fn release(&mut self, holder: Holder) -> usize {
        let before = self.marks.by_position.len();
        if self.marks.holders.iter().any(|held| held.holder == holder) {
            self.keep_only(|held| held.holder != holder);
        }
        before - self.marks.by_position.len()
    }

    /// How many messages `holder` has.
    pub fn held_by(&self, holder: Holder) -> usize {
        self.marks.holders.iter().find(|held| held.holder == holder).map_or(0, |held| held.messages)
    }

    /// Ends the mark of a message that is gone, and says who had it.
    pub fn forget(&mut self, position: Position) -> Option<Holder> {
        let gone = self.marks.by_position.remove(&position)?;
        self.marks.bytes -= gone.bytes;
        self.marks.holders.retain_mut(|held| {
            held.messages -= usize::from(held.holder == gone.holder);
            held.messages > 0
        });
        Some(gone.holder)
    }

    fn void_what_ran_out(&mut self, now: Timestamp) {
        if self.marks.holders.is_empty() {
            return;
        }
        let reader = self.bells.reader(self.owner);
        let is_valid = |held: &Held| {
            held.until > now
                && !matches!(held.holder, Holder::Session(epoch) if reader != Some(epoch))
        };
        if !self.marks.holders.iter().all(is_valid) {
            self.keep_only(is_valid);
        }
    }

    fn keep_only(&mut self, keep: impl Fn(&Held) -> bool) {
        let Marks { by_position, holders, bytes } = &mut self.marks;
        holders.retain(keep);
        by_position.retain(|_, mark| holders.iter().any(|held| held.holder == mark.holder));
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
    use crate::{Epoch, StoreError};
    use bytes::Bytes;

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
        let flight = Flight::new(Bells::default());
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(1), mail(2), mail(3)]);
        assert_eq!(flight.lock(OWNER, NOW).forget(mail(2).position), Some(REQUEST));
        let in_flight = flight.lock(OWNER, NOW);
        assert_eq!(
            (in_flight.messages(), in_flight.bytes(), in_flight.held_by(REQUEST)),
            (2, 20, 2)
        );
        assert!(in_flight.contains(mail(3).position) && !in_flight.contains(mail(2).position));
    }

    #[test]
    fn a_mark_ends_when_its_time_comes_unless_it_was_renewed() {
        let flight = Flight::new(Bells::default());
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(1)]);
        flight.lock(OWNER, NOW).hold(Holder::Request(10), LATER, &[mail(2)]);
        flight.lock(OWNER, NOW).hold(REQUEST, Timestamp(3_000), &[]);
        let in_flight = flight.lock(OWNER, LATER);
        assert!(in_flight.contains(mail(1).position) && !in_flight.contains(mail(2).position));
    }

    #[test]
    fn only_the_reader_may_hold_as_a_session_and_its_marks_end_with_its_watch() {
        let flight = Flight::new(Bells::default());
        assert_eq!(flight.lock(OWNER, NOW).admit(SESSION), Err(StoreError::Displaced));
        let watch = flight.bells().watch(OWNER, Epoch(1)).unwrap();
        assert_eq!(flight.lock(OWNER, NOW).admit(SESSION), Ok(()));
        flight.lock(OWNER, NOW).hold(SESSION, LATER, &[mail(1)]);
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(2)]);
        drop(watch);
        let in_flight = flight.lock(OWNER, NOW);
        assert!(!in_flight.contains(mail(1).position) && in_flight.contains(mail(2).position));
    }

    #[test]
    fn a_mailbox_with_nothing_in_flight_has_no_entry() {
        let flight = Flight::new(Bells::default());
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[]);
        assert!(flight.is_empty());
        flight.lock(OWNER, NOW).hold(REQUEST, LATER, &[mail(1)]);
        assert!(!flight.is_empty());
        assert_eq!(flight.lock(OWNER, NOW).release(REQUEST), 1);
        assert!(flight.is_empty());
    }
}
