//! A disk that takes writes and fails to make them durable.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use didcomm::VerKey;
use store::conformance::ManualClock;
use store::{Appended, Demand, Letter, Mailbox, Quota, RecipientId, Result, StoreError, Timestamp};

use crate::{EmbeddedStore, Options};

const OWNER: RecipientId = RecipientId([1; 16]);
const NOW: Timestamp = Timestamp(1_000);

/// For the one test of this file: the store takes a plain function.
static FAILS: AtomicBool = AtomicBool::new(false);

fn sync(file: &File) -> io::Result<()> {
    if FAILS.load(Ordering::SeqCst) {
        // What Linux says when a device has lost pages: EIO.
        return Err(io::Error::from_raw_os_error(5));
    }
    file.sync_data()
}

fn open(dir: &Path, sync: fn(&File) -> io::Result<()>) -> Arc<EmbeddedStore> {
    let clock = Arc::new(ManualClock::at(NOW));
    EmbeddedStore::open_with(dir, Options::default(), clock, sync).expect("it opens")
}

async fn put(store: &EmbeddedStore, number: u8) -> Result<Appended> {
    let letter = Letter {
        envelope: vec![number].into(),
        destination: VerKey::from_bytes([1; 32]).into(),
        dedupe: [number; 16],
        received: NOW,
        expires: Timestamp::NEVER,
        dedupe_window: Duration::from_secs(60),
        quota: Quota { messages: 100, bytes: 100 },
    };
    store.append(OWNER, letter).await
}

async fn numbers(store: &EmbeddedStore) -> Vec<u8> {
    let mail = store.peek(OWNER, &Demand::of(100, usize::MAX)).await.expect("it reads");
    mail.iter().map(|mail| mail.envelope[0]).collect()
}

#[tokio::test]
async fn what_could_not_be_made_durable_is_refused_and_nowhere() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path(), sync);
    let is_stored = |answer| matches!(answer, Ok(Appended::Stored { .. }));
    assert!(is_stored(put(&store, 1).await));
    FAILS.store(true, Ordering::SeqCst);
    for number in [2, 3] {
        let refused = put(&store, number).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    assert_eq!(numbers(&store).await, [1]);
    FAILS.store(false, Ordering::SeqCst);
    assert!(is_stored(put(&store, 4).await), "another segment can be trusted");
    assert!(is_stored(put(&store, 2).await), "what was refused is not remembered");
    assert_eq!(numbers(&store).await, [1, 4, 2]);
    drop(store);
    assert_eq!(numbers(&open(dir.path(), File::sync_data)).await, [1, 4, 2]);
}
