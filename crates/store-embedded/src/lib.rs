//! Everything a mediator keeps, in one directory of this machine's disk.
//!
//! | file | holds |
//! | --- | --- |
//! | `lock` | nothing; who has it locked owns the directory |
//! | `journal/*.journal` | what happened to the mail, and all envelopes |
//! | `journal/*.moved` | old envelopes whose segments of the journal had little left |
//! | `mail.redb` | where the mail is that outlived a checkpoint: the *archive* |
//! | `registry.redb` | connections, keylists, invitations, dead letters, queues |
//!
//! # The way of a letter
//!
//! An append is written to the journal by the [writer](writer), with all others that arrived meanwhile, synced, entered
//! into the index in memory of the current [generation](generation), and answered. Most mail is acknowledged within seconds
//! and never goes further. When a generation has grown to its bound it is *frozen*, and the [checkpointer](checkpoint) enters
//! the places of what is left of it into the archive in one transaction. The envelopes stay where they are. A segment in which nothing
//! lives is deleted; what lives in nearly empty ones [moves](compaction) to a new one first, so that disk follows the mail that waits.
//!
//! A reader sees archive, frozen and current generation as one mailbox ([selection]). After a crash the journal is read
//! again ([recovery]). Nothing in memory grows with the mail that waits; the reasons are in `docs/adr/0003-embedded-engine.md`.
#![forbid(unsafe_code)]

mod archive;
mod cache;
mod checkpoint;
mod compaction;
mod connections;
mod dead_letters;
mod disk;
mod engine;
mod envelopes;
#[cfg(test)]
mod failing_sync;
mod generation;
mod gone;
mod journal;
mod keylists;
mod mailbox;
mod moving;
mod open;
mod picking;
mod presence;
mod queue;
mod reading;
mod recovery;
mod registry;
mod selection;
mod staging;
mod state;
mod writer;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

pub use open::OpenError;

/// How much memory and disk the store may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Bytes of envelopes that are kept in memory after they came, for live delivery.
    pub envelope_cache_bytes: usize,
    /// Bytes of pages of the archive that are kept in memory.
    pub page_cache_bytes: usize,
    /// Bytes of journal after which a checkpoint begins.
    pub segment_bytes: u64,
    /// Entries of the index in memory (messages, dedupe entries, acknowledgements, mailboxes; about 150 bytes each) after which a
    /// checkpoint begins. Up to twice as many are held while one runs.
    pub generation_entries: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            envelope_cache_bytes: 8 << 20,
            page_cache_bytes: 4 << 20,
            segment_bytes: 16 << 20,
            generation_entries: 40_000,
        }
    }
}

/// The embedded store. One process at a time has it open.
///
/// Dropping it ends its threads after everything that was asked for is done.
pub struct EmbeddedStore {
    engine: Arc<engine::Engine>,
    registry: registry::Registry,
    work: queue::Work,
    cache: store::LocalCache,
    jobs: Option<Sender<writer::Job>>,
    closing: Arc<checkpoint::Closing>,
    threads: Vec<JoinHandle<()>>,
    _lock: open::Lock,
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        // The writer goes first: it may wait for a checkpoint to end.
        self.jobs = None;
        self.join();
        self.closing.begin(&self.engine);
        self.join();
    }
}

impl EmbeddedStore {
    /// Waits for the thread that was told to end.
    fn join(&mut self) {
        if let Some(thread) = self.threads.pop()
            && thread.join().is_err()
        {
            tracing::error!("a thread of the store had panicked");
        }
    }
}
