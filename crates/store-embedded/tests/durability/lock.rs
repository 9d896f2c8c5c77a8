//! One directory, one process.

use std::sync::Arc;

use store::conformance::ManualClock;
use store_embedded::{EmbeddedStore, OpenError, Options};

use super::support::{NOW, open};

#[test]
fn a_directory_that_is_open_cannot_be_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), Options::default());
    let second =
        EmbeddedStore::open(dir.path(), Options::default(), Arc::new(ManualClock::at(NOW)));
    let error = second.err().expect("the second must not get it");
    assert!(matches!(&error, OpenError::InUse(path) if path == dir.path()));
    assert!(error.to_string().contains("in use by another process"), "{error}");
    drop(first);
    open(dir.path(), Options::default());
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let opened =
        EmbeddedStore::open(file.path(), Options::default(), Arc::new(ManualClock::at(NOW)));
    let error = opened.err().expect("a file is no directory");
    assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
}
