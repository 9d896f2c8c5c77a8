//! From a store's URL to a store.

use std::sync::Arc;

use anyhow::anyhow;
use config::StoreUrl;
use store::{Clock, Stores};
use store_embedded::{EmbeddedStore, OpenError, Options};

/// Opens the store that `url` names.
///
/// # Errors
/// If it is damaged, cannot be reached, or is in use by another process.
pub fn open(url: &StoreUrl, clock: Arc<dyn Clock>) -> anyhow::Result<Stores> {
    match url {
        StoreUrl::Embedded(directory) => {
            let store =
                EmbeddedStore::open(directory, Options::default(), clock).map_err(explain)?;
            Ok(Stores::of(store))
        }
    }
}

fn explain(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::InUse(_) => {
            anyhow!("{error}: stop that mediator, or name another directory with --data")
        }
        // Its message already holds that of its source.
        error => anyhow!("{error}"),
    }
}
