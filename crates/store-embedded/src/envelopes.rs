//! Envelopes that came a moment ago, so that a live delivery does not read the disk.

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::Position;

/// What an entry costs beside its bytes.
const OVERHEAD: u64 = 128;
const TYPICAL: usize = 2_048;

/// At most so many bytes of envelopes.
pub(crate) struct EnvelopeCache(Cache<Position, Bytes, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<Position, Bytes> for Weight {
    fn weight(&self, _: &Position, envelope: &Bytes) -> u64 {
        envelope.len() as u64 + OVERHEAD
    }
}

impl EnvelopeCache {
    pub(crate) fn of(bytes: usize) -> Self {
        Self(Cache::with_weighter(bytes / TYPICAL, bytes as u64, Weight))
    }

    pub(crate) fn put(&self, position: Position, envelope: Bytes) {
        self.0.insert(position, envelope);
    }

    pub(crate) fn get(&self, position: Position) -> Option<Bytes> {
        self.0.get(&position)
    }

    pub(crate) fn drop(&self, position: Position) {
        self.0.remove(&position);
    }
}
