//! A store in a directory, and the same in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use store::conformance::ManualClock;
use store::{
    Appended, Demand, Letter, Mail, Mailbox, Position, Quota, RecipientId, Result, Timestamp,
};
use store_embedded::{EmbeddedStore, Options};

pub const ALICE: RecipientId = RecipientId([0xa1; 16]);
pub const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// Names the directory for a test that runs as a child.
const DIRECTORY: &str = "STORE_UNDER_TEST";

/// Checkpoints after about so many bytes.
pub fn with_segments_of(bytes: u64) -> Options {
    Options { segment_bytes: bytes, ..Options::default() }
}

pub fn open(dir: &Path, options: Options) -> Arc<EmbeddedStore> {
    EmbeddedStore::open(dir, options, Arc::new(ManualClock::at(NOW)))
        .expect("the directory can be opened")
}

/// A letter of 2,000 bytes whose number can be read from it.
pub fn letter(number: u64) -> Letter {
    let mut envelope = number.to_be_bytes().to_vec();
    envelope.resize(2_000, b'x');
    let mut dedupe = [0; 16];
    dedupe[..8].copy_from_slice(&number.to_be_bytes());
    Letter {
        envelope: envelope.into(),
        destination: Destination::Key(VerKey::from_bytes([1; 32])),
        dedupe,
        received: NOW,
        expires: Timestamp::NEVER,
        dedupe_window: Duration::from_secs(60),
        quota: Quota { messages: u64::MAX, bytes: u64::MAX },
    }
}

pub fn number_of(envelope: &Bytes) -> u64 {
    envelope.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)).expect("a letter of these tests")
}

pub async fn put(store: &EmbeddedStore, number: u64) -> Result<Appended> {
    store.append(ALICE, letter(number)).await
}

pub async fn all(store: &EmbeddedStore) -> Vec<Mail> {
    store.peek(ALICE, &Demand::of(usize::MAX, usize::MAX)).await.expect("peek")
}

pub async fn numbers(store: &EmbeddedStore) -> Vec<u64> {
    all(store).await.iter().map(|mail| number_of(&mail.envelope)).collect()
}

pub async fn acknowledge(store: &EmbeddedStore, ids: &[Position]) -> usize {
    store.acknowledge(ALICE, ids, None).await.expect("acknowledge")
}

/// The directory that the parent gave, if this process is a child.
pub fn directory_of_child() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}

/// A command that runs the ignored test `name` of this program on `dir`, with `before` in its shell. File size limits
/// end a process by a signal unless it is ignored, as the mediator does.
pub fn child(name: &str, dir: &Path, before: &str) -> Command {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' XFSZ; {before}; exec \"$0\" \"$@\"")).arg(program);
    command.args([name, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(DIRECTORY, dir).stdout(Stdio::piped());
    command
}
