//! Mail that waits on this machine while the shared store is away.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use config::Config;
use store::{Clock, Quota, Spooled, Stores};
use store_embedded::{EmbeddedStore, Options};
use tokio::time::sleep;

use crate::stores::embedded;

/// How often it is looked whether the store is back.
const EVERY: Duration = Duration::from_secs(1);

/// The spool, and how much is in it.
pub struct Spool {
    spooled: Arc<Spooled>,
    waiting: AtomicU64,
}

impl Spool {
    /// Puts a spool before these stores, if there is to be one.
    ///
    /// # Errors
    /// If its directory cannot be used.
    pub fn put_before(
        stores: Stores,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<(Stores, Option<Arc<Self>>)> {
        let Some(directory) = &config.spool.directory else { return Ok((stores, None)) };
        let room = Quota { messages: config.spool.messages as u64, bytes: config.spool.bytes.0 };
        let spooled =
            Arc::new(Spooled::new(stores.mailbox, open(directory, clock.clone())?, clock, room));
        let spool = Self { spooled: spooled.clone(), waiting: AtomicU64::new(0) };
        Ok((Stores { mailbox: spooled, ..stores }, Some(Arc::new(spool))))
    }

    /// Messages in it, as of a moment ago.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Moves mail to the store as soon as that is back, for ever.
    pub async fn unload(self: Arc<Self>) {
        loop {
            match self.spooled.unload().await {
                Ok(0) => {}
                Ok(moved) => tracing::info!(moved, "mail from the spool is in the store"),
                Err(error) => tracing::debug!(%error, "the spool cannot be unloaded yet"),
            }
            if let Ok(depth) = self.spooled.backlog().await {
                self.waiting.store(depth.messages, Ordering::Relaxed);
            }
            sleep(EVERY).await;
        }
    }
}

fn open(directory: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<EmbeddedStore>> {
    EmbeddedStore::open(directory, Options::default(), clock).map_err(embedded::explain)
}
