//! All sockets of a dock.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

use super::{Berth, BerthId};

/// The sockets that are open now.
#[derive(Debug, Default)]
pub struct Berths {
    moored: RwLock<HashMap<BerthId, Arc<Berth>>>,
    lifetime: AtomicU64,
}

/// A berth that is listed for as long as this lives.
#[derive(Debug)]
pub(super) struct Mooring {
    berths: Arc<Berths>,
    berth: Arc<Berth>,
}

impl Berths {
    /// The berth with this name, if its socket is still there.
    pub fn find(&self, id: BerthId) -> Option<Arc<Berth>> {
        self.moored.read().get(&id).cloned()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<Berth>> {
        self.moored.read().values().cloned().collect()
    }

    /// How many there are.
    pub fn active(&self) -> usize {
        self.moored.read().len()
    }

    /// How many there ever were.
    pub fn lifetime(&self) -> u64 {
        self.lifetime.load(Ordering::Relaxed)
    }

    /// Lists a new socket.
    pub(super) fn moor(self: &Arc<Self>, id: BerthId, outbox_bytes: usize) -> Mooring {
        let berth = Arc::new(Berth::new(id, outbox_bytes));
        self.moored.write().insert(id, berth.clone());
        self.lifetime.fetch_add(1, Ordering::Relaxed);
        Mooring { berths: self.clone(), berth }
    }
}

impl Mooring {
    pub(super) fn berth(&self) -> &Arc<Berth> {
        &self.berth
    }
}

impl Drop for Mooring {
    fn drop(&mut self) {
        self.berths.moored.write().remove(&self.berth.id());
        self.berth.cast_off();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_berth_is_found_until_its_socket_is_over() {
        let berths = Arc::new(Berths::default());
        let mooring = berths.moor(BerthId::from_random([1; 16]), 100);
        let id = mooring.berth().id();
        assert!(berths.find(id).is_some_and(|berth| berth.is_moored()));
        drop(mooring);
        assert!(berths.find(id).is_none());
        assert_eq!((berths.active(), berths.lifetime()), (0, 1));
    }
}
