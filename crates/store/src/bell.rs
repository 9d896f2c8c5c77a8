//! How a waiting session hears that there is mail, inside one process.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use crate::{Company, Epoch, RecipientId, Result, StoreError};

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

/// The bells of one process, in which each mailbox has a few readers at most: one, unless they [share](Company::Shared) it.
///
/// Cheap to clone; clones share their bells.
#[derive(Clone)]
pub struct Bells {
    shards: Arc<[Mutex<Shard>]>,
    farewell: Option<Arc<Farewell>>,
}

type Farewell = dyn Fn(RecipientId, Epoch) + Send + Sync;

type Shard = HashMap<RecipientId, Vec<Reader>>;

struct Reader {
    epoch: Epoch,
    company: Company,
    bell: Arc<Bell>,
}

impl Default for Bells {
    fn default() -> Self {
        Self { shards: (0..64).map(|_| Mutex::default()).collect(), farewell: None }
    }
}

impl Bells {
    /// Bells that call `farewell` when a [`Watch`] is dropped by a session that was still a reader: an engine that
    /// keeps readers elsewhere too has to be told. It must not wait.
    pub fn with_farewell(farewell: impl Fn(RecipientId, Epoch) + Send + Sync + 'static) -> Self {
        Self { farewell: Some(Arc::new(farewell)), ..Self::default() }
    }

    /// Makes the session with `epoch` a reader; alone, it tells all others that they are displaced.
    ///
    /// # Errors
    /// [`StoreError::Displaced`] if a newer one reads already and will not share.
    pub fn watch(&self, owner: RecipientId, epoch: Epoch, company: Company) -> Result<Watch> {
        let bell = Arc::<Bell>::default();
        let mut shard = self.shard(&owner).lock();
        let readers = shard.entry(owner).or_insert_with(|| Vec::with_capacity(1));
        let either_is_alone = |other: Company| Company::Alone == company || Company::Alone == other;
        if readers.iter().any(|reader| reader.epoch > epoch && either_is_alone(reader.company)) {
            return Err(StoreError::Displaced);
        }
        readers.retain(|reader| {
            let goes = company == Company::Alone || reader.epoch == epoch;
            if goes {
                reader.bell.ring(DISPLACED);
            }
            !goes
        });
        readers.push(Reader { epoch, company, bell: bell.clone() });
        let registration = Registration { bells: self.clone(), owner, bell: bell.clone() };
        Ok(Watch { bell, _registration: registration })
    }

    /// Tells the readers, if there are any, that there is mail; says whether there are.
    pub fn ring(&self, owner: RecipientId) -> bool {
        self.ring_those(owner, |_| true)
    }

    /// Tells this reader alone that there is mail.
    pub fn ring_session(&self, owner: RecipientId, epoch: Epoch) -> bool {
        self.ring_those(owner, |reader| reader.epoch == epoch)
    }

    fn ring_those(&self, owner: RecipientId, is_meant: impl Fn(&Reader) -> bool) -> bool {
        let shard = self.shard(&owner).lock();
        let meant = shard.get(&owner).into_iter().flatten().filter(|reader| is_meant(reader));
        meant.map(|reader| reader.bell.ring(MAIL)).count() > 0
    }

    /// Tells readers that are older than `newest` that they are displaced: what an engine heard from another process.
    pub fn displace(&self, owner: RecipientId, newest: Epoch) {
        self.leave_if(owner, |reader| {
            let goes = reader.epoch < newest;
            if goes {
                reader.bell.ring(DISPLACED);
            }
            goes
        });
    }

    /// Whether anybody reads here.
    pub fn is_watched(&self, owner: RecipientId) -> bool {
        self.shard(&owner).lock().contains_key(&owner)
    }

    /// Whether the session with this epoch reads here.
    pub fn is_reader(&self, owner: RecipientId, epoch: Epoch) -> bool {
        let shard = self.shard(&owner).lock();
        shard.get(&owner).is_some_and(|readers| readers.iter().any(|reader| reader.epoch == epoch))
    }

    /// Every mailbox that has a reader here, with the newest of them.
    pub fn watched(&self) -> Vec<(RecipientId, Epoch)> {
        let of_shard = |shard: &Mutex<Shard>| {
            let shard = shard.lock();
            let all = shard.iter().filter_map(|(owner, all)| Some((*owner, newest(all)?.epoch)));
            all.collect::<Vec<_>>()
        };
        self.shards.iter().flat_map(of_shard).collect()
    }

    /// The engine knows the reader with this epoch no more, but a newer one. Alone, it is displaced. Those who share are rung instead:
    /// an engine may have forgotten some of them, and whoever asks it for mail finds out.
    pub fn unknown(&self, owner: RecipientId, epoch: Epoch) {
        let shard = self.shard(&owner).lock();
        let company = shard.get(&owner).and_then(|all| newest(all)).map(|reader| reader.company);
        drop(shard);
        match company {
            Some(Company::Shared) => {
                self.ring(owner);
            }
            _ => self.displace(owner, Epoch(epoch.0.saturating_add(1))),
        }
    }

    /// Makes the session with this epoch cease to be a reader. Others stay.
    pub fn leave(&self, owner: RecipientId, epoch: Epoch) {
        self.leave_if(owner, |reader| reader.epoch == epoch);
    }

    fn leave_if(&self, owner: RecipientId, is_leaving: impl Fn(&Reader) -> bool) -> Option<Epoch> {
        let mut shard = self.shard(&owner).lock();
        let readers = shard.get_mut(&owner)?;
        let left = readers.iter().find(|reader| is_leaving(reader)).map(|reader| reader.epoch);
        readers.retain(|reader| !is_leaving(reader));
        if readers.is_empty() {
            shard.remove(&owner);
        }
        left
    }

    fn shard(&self, owner: &RecipientId) -> &Mutex<Shard> {
        // Recipient ids are hashes: any of their bytes spreads evenly.
        &self.shards[usize::from(owner.0[0]) % self.shards.len()]
    }
}

fn newest(readers: &[Reader]) -> Option<&Reader> {
    readers.iter().max_by_key(|reader| reader.epoch)
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
        let left = self.bells.leave_if(self.owner, |reader| Arc::ptr_eq(&reader.bell, &self.bell));
        if let (Some(epoch), Some(farewell)) = (left, &self.bells.farewell) {
            farewell(self.owner, epoch);
        }
    }
}

#[cfg(test)]
mod tests;
