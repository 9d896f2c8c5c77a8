//! Files in the mediator's own directory.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use store::{Clock, Stores};
use store_embedded::{EmbeddedStore, OpenError, Options};

use super::Promise;

/// Opens the store in `directory`.
///
/// # Errors
/// If it is damaged or in use by another process.
pub fn open(directory: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Stores> {
    let store = EmbeddedStore::open(directory, Options::default(), clock).map_err(explain)?;
    Ok(Stores::of(store))
}

/// What it promises, on any disk whose sync tells the truth.
pub fn promise() -> Promise {
    Promise {
        row: "embedded".to_owned(),
        loss: "nothing that was accepted, as long as this disk lives".to_owned(),
        advice: Vec::new(),
    }
}

/// The same in words for an operator.
pub fn explain(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::InUse(_) => {
            anyhow!("{error}: stop that mediator, or name another directory with --data")
        }
        // Its message already holds that of its source.
        error => anyhow!("{error}"),
    }
}
