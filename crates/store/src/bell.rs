//! How a waiting session hears that there is mail, inside one process.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use crate::{Epoch, RecipientId, Result, StoreError};

/// What a bell says. It carries no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// There may be mail that is not in flight.
    Mail,
    /// A newer session reads this mailbox. Nothing follows.
    Displaced,
}

const MAIL: u8 = 1;
const DISPLACED: u8 = 2;

#[derive(Default)]
struct Bell {
    rung: AtomicU8,
    waker: AtomicWaker,
}

impl Bell {
    fn ring(&self, what: u8) {
        self.rung.fetch_or(what, Ordering::AcqRel);
        self.waker.wake();
    }
}

/// A session's end of the bell. Rings that come while nobody listens are kept, several as one.
pub struct Watch {
    bell: Arc<Bell>,
    _registration: Registration,
}

impl Watch {
    /// Waits for the next notice.
    pub async fn next(&mut self) -> Notice {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The notice that is there already, if any.
    pub fn try_next(&mut self) -> Option<Notice> {
        let rung = self.bell.rung.fetch_and(!MAIL, Ordering::AcqRel);
        match rung {
            rung if rung & DISPLACED != 0 => Some(Notice::Displaced),
            rung if rung & MAIL != 0 => Some(Notice::Mail),
            _ => None,
        }
    }

    /// [`Watch::next`] for those who wait for several things.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Notice> {
        if let Some(notice) = self.try_next() {
            return Poll::Ready(notice);
        }
        self.bell.waker.register(cx.waker());
        self.try_next().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The bells of one process: at most one reader per mailbox, the one with the highest epoch.
///
/// Cheap to clone; clones share their bells.
#[derive(Clone)]
pub struct Bells {
    shards: Arc<[Mutex<Shard>]>,
}

type Shard = HashMap<RecipientId, Reader>;

struct Reader {
    epoch: Epoch,
    bell: Arc<Bell>,
}

impl Default for Bells {
    fn default() -> Self {
        Self { shards: (0..64).map(|_| Mutex::default()).collect() }
    }
}

impl Bells {
    /// Makes the session with `epoch` the reader, and tells the former one.
    ///
    /// # Errors
    /// [`StoreError::Displaced`] if a newer one reads already.
    pub fn watch(&self, owner: RecipientId, epoch: Epoch) -> Result<Watch> {
        let bell = Arc::<Bell>::default();
        let mut shard = self.shard(&owner).lock();
        if let Some(reader) = shard.get(&owner) {
            if reader.epoch > epoch {
                return Err(StoreError::Displaced);
            }
            reader.bell.ring(DISPLACED);
        }
        shard.insert(owner, Reader { epoch, bell: bell.clone() });
        let registration = Registration { bells: self.clone(), owner, bell: bell.clone() };
        Ok(Watch { bell, _registration: registration })
    }

    /// Tells the reader, if there is one, that there is mail; says whether there is one.
    pub fn ring(&self, owner: RecipientId) -> bool {
        let shard = self.shard(&owner).lock();
        let Some(reader) = shard.get(&owner) else { return false };
        reader.bell.ring(MAIL);
        true
    }

    /// The epoch of the reader.
    pub fn reader(&self, owner: RecipientId) -> Option<Epoch> {
        self.shard(&owner).lock().get(&owner).map(|reader| reader.epoch)
    }

    /// Makes the session with this epoch cease to be the reader. A newer one stays.
    pub fn leave(&self, owner: RecipientId, epoch: Epoch) {
        self.leave_if(owner, |reader| reader.epoch == epoch);
    }

    fn leave_if(&self, owner: RecipientId, is_leaving: impl Fn(&Reader) -> bool) {
        let mut shard = self.shard(&owner).lock();
        if shard.get(&owner).is_some_and(is_leaving) {
            shard.remove(&owner);
        }
    }

    fn shard(&self, owner: &RecipientId) -> &Mutex<Shard> {
        // Recipient ids are hashes: any of their bytes spreads evenly.
        &self.shards[usize::from(owner.0[0]) % self.shards.len()]
    }
}

/// A reader that goes away without a word must not leave its entry behind, nor take away that of a second watch of the
/// same session.
struct Registration {
    bells: Bells,
    owner: RecipientId,
    bell: Arc<Bell>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.bells.leave_if(self.owner, |reader| Arc::ptr_eq(&reader.bell, &self.bell));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: RecipientId = RecipientId([7; 16]);

    #[test]
    fn rings_before_anybody_listens_are_kept_as_one() {
        let bells = Bells::default();
        let mut watch = bells.watch(OWNER, Epoch(1)).unwrap();
        assert!(bells.ring(OWNER));
        assert!(bells.ring(OWNER));
        assert_eq!(watch.try_next(), Some(Notice::Mail));
        assert_eq!(watch.try_next(), None);
    }

    #[test]
    fn a_newer_reader_displaces_the_older_one() {
        let bells = Bells::default();
        let mut old = bells.watch(OWNER, Epoch(1)).unwrap();
        let mut new = bells.watch(OWNER, Epoch(2)).unwrap();
        bells.ring(OWNER);
        assert_eq!(old.try_next(), Some(Notice::Displaced));
        assert_eq!(new.try_next(), Some(Notice::Mail));
        assert!(matches!(bells.watch(OWNER, Epoch(1)), Err(StoreError::Displaced)));
    }

    #[test]
    fn a_reader_that_is_dropped_leaves_nothing_behind() {
        let bells = Bells::default();
        let old = bells.watch(OWNER, Epoch(1)).unwrap();
        let new = bells.watch(OWNER, Epoch(2)).unwrap();
        drop(old);
        assert_eq!(bells.reader(OWNER), Some(Epoch(2)));
        drop(new);
        assert!(!bells.ring(OWNER));
    }

    #[test]
    fn a_second_watch_of_the_same_session_outlives_the_first() {
        let bells = Bells::default();
        let first = bells.watch(OWNER, Epoch(1)).unwrap();
        let _second = bells.watch(OWNER, Epoch(1)).unwrap();
        drop(first);
        assert_eq!(bells.reader(OWNER), Some(Epoch(1)));
    }
}
