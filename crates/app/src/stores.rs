//! From a store's URL to a store.

use std::sync::Arc;

use anyhow::Context;
use config::StoreUrl;
use store::{Clock, Stores};

/// Opens the store that `url` names.
///
/// # Errors
/// If it is damaged, cannot be reached, or is in use by another process.
pub async fn open(url: &StoreUrl, clock: Arc<dyn Clock>) -> anyhow::Result<Stores> {
    match url {
        StoreUrl::Embedded(directory) => {
            let opened = store_embedded::EmbeddedStore::open(directory, clock).await;
            let store = opened
                .with_context(|| format!("cannot open the store in {}", directory.display()))?;
            Ok(Stores::of(Arc::new(store)))
        }
    }
}
