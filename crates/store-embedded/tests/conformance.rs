//! The promises of the traits, kept on the disk.

use std::sync::Arc;

use async_trait::async_trait;
use store::conformance::{Engine, Fixture, ManualClock};
use store::{Stores, Timestamp};
use store_embedded::{EmbeddedStore, Options};
use tempfile::TempDir;

mod with_a_journal_that_suffices {
    use super::*;

    store::conformance!(async || fixture(Options::default()).await);
}

/// Checkpoints all the time, so that nearly everything is read from the archive.
mod with_a_checkpoint_after_every_commit {
    use super::*;

    store::conformance!(async || fixture(Options {
        segment_bytes: 1,
        generation_entries: 1,
        ..Options::default()
    })
    .await);
}

struct OnDisk {
    dir: TempDir,
    clock: Arc<ManualClock>,
    options: Options,
    open: Option<Arc<EmbeddedStore>>,
}

impl OnDisk {
    fn open(&mut self) {
        let store = EmbeddedStore::open(self.dir.path(), self.options.clone(), self.clock.clone());
        self.open = Some(store.expect("the directory can be opened"));
    }
}

#[async_trait]
impl Engine for OnDisk {
    async fn instance(&self) -> Stores {
        Stores::of(self.open.clone().expect("the store is open"))
    }

    async fn restart(&mut self) {
        self.open = None;
        self.open();
    }
}

async fn fixture(options: Options) -> Fixture {
    let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
    let dir = tempfile::tempdir().expect("a directory");
    let mut engine = OnDisk { dir, clock: clock.clone(), options, open: None };
    engine.open();
    Fixture::new(engine, clock).await
}
