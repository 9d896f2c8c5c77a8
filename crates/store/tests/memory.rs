//! The promises of the traits, kept by the store in memory, and what its switches do.

use std::sync::Arc;

use store::conformance::{Engine, Fixture, ManualClock};
use store::memory::MemoryStore;
use store::{Stores, Timestamp};

store::conformance!(fixture);

struct Memory(Arc<MemoryStore>);

#[async_trait::async_trait]
impl Engine for Memory {
    async fn instance(&self) -> Stores {
        Stores::of(self.0.clone())
    }

    async fn restart(&mut self) {
        self.0.restart();
    }
}

async fn fixture() -> Fixture {
    let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
    Fixture::new(Memory(Arc::new(MemoryStore::new(clock.clone()))), clock).await
}
