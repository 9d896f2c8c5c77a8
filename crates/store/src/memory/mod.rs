//! Everything in memory, for tests and simulations.

mod cache;
mod connections;
mod contents;
mod dead_letters;
mod keylists;
mod mailbox;
mod presence;
mod queue;
mod random;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use self::connections::Peers;
use self::keylists::Lists;
use self::mailbox::Boxes;
use self::queue::Queues;
use self::random::Random;
use crate::{
    Bells, Claims, Clock, DeadLetter, Flight, LocalCache, Position, QueueBells, Result, StoreError,
    Timestamp,
};

/// All traits in one process and without a disk. Nothing waits; with [`MemoryStore::seeded`] nothing is left to chance.
///
/// The switches make it fail the way real engines fail.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    random: Mutex<Random>,
    flight: Mutex<Flight>,
    boxes: Mutex<Boxes>,
    lists: Mutex<Lists>,
    peers: Mutex<Peers>,
    claims: Claims,
    graves: Mutex<BTreeMap<Position, DeadLetter>>,
    queues: Mutex<Queues>,
    queue_bells: QueueBells,
    cache: LocalCache,
    loses_wakes: AtomicBool,
    failing: Mutex<Option<(usize, StoreError)>>,
}

/// Bytes of what was looked up before.
const CACHE: u64 = 16 << 20;

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with(clock, Random::unpredictable())
    }

    /// An empty store that does the same again when it is made with the same seed.
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::with(clock, Random::seeded(seed))
    }

    fn with(clock: Arc<dyn Clock>, mut random: Random) -> Self {
        let incarnation = random.next();
        let claims = Claims::after(random.next() >> 32);
        Self {
            cache: LocalCache::alone(clock.clone(), CACHE),
            clock,
            flight: Mutex::new(Flight::new(Bells::default(), claims.clone())),
            boxes: Mutex::new(Boxes::new(incarnation)),
            claims,
            random: Mutex::new(random),
            lists: Mutex::default(),
            peers: Mutex::default(),
            graves: Mutex::default(),
            queues: Mutex::default(),
            queue_bells: QueueBells::default(),
            loses_wakes: AtomicBool::new(false),
            failing: Mutex::default(),
        }
    }

    /// While it is on, no append, release or push rings a bell.
    pub fn lose_wakes(&self, on: bool) {
        self.loses_wakes.store(on, Ordering::Relaxed);
    }

    /// Lets the next `operations`, whatever they are, fail with `error` and do nothing.
    pub fn fail_next(&self, operations: usize, error: StoreError) {
        *self.failing.lock() = (operations > 0).then_some((operations, error));
    }

    /// As if the process had ended and come back: what was in flight or cached, claims and watches are gone, the incarnation is another.
    pub fn restart(&self) {
        let incarnation = self.random.lock().next();
        let mut boxes = self.boxes.lock();
        boxes.begin(incarnation);
        *self.flight.lock() = Flight::new(Bells::default(), self.claims.clone());
        self.claims.clear();
        self.cache.distrust();
        self.cache.trust(Timestamp::NEVER);
    }

    /// A [`MemoryStore::restart`] that finds the last `appends` undone and counts their sequence numbers again, as an
    /// engine does that answered before its disk or its replica had them.
    pub fn lose_tail(&self, appends: usize) {
        self.boxes.lock().undo(appends);
        self.restart();
    }

    fn gate(&self) -> Result<()> {
        let mut failing = self.failing.lock();
        let Some((left, error)) = failing.as_mut() else { return Ok(()) };
        let error = error.clone();
        *left -= 1;
        if *left == 0 {
            *failing = None;
        }
        Err(error)
    }

    fn flight(&self) -> Flight {
        self.flight.lock().clone()
    }
}
