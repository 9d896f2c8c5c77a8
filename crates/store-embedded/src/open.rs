//! Opening a directory.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};
use store::{Bells, Clock, Flight, LocalCache, StoreError};

use crate::archive::Archive;
use crate::cache::CAPACITY;
use crate::checkpoint::{self, Closing};
use crate::compaction::Compactor;
use crate::engine::Engine;
use crate::envelopes::EnvelopeCache;
use crate::journal::{Shelf, SyncData};
use crate::presence::claims_of;
use crate::queue::Work;
use crate::recovery::{self, Recovered};
use crate::registry::Registry;
use crate::writer::Writer;
use crate::{EmbeddedStore, Options};

/// What the registry keeps in memory of its pages.
const REGISTRY_CACHE: usize = 1 << 20;

/// Why a directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the data directory {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// Another version wrote it, in a format that this one does not read.
    #[error(
        "the data directory {} was written by another version of the mediator, in a format that this one does not read: \
        let that version run until its mail is delivered, or begin with an empty directory", .0.display()
    )]
    Format(PathBuf),
    /// The directory or a file in it cannot be created, read or written.
    #[error("the data directory {} cannot be used: {source}", .path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A database in it cannot be opened.
    #[error("the data directory {} cannot be opened: {source}", .path.display())]
    Engine {
        /// The directory.
        path: PathBuf,
        /// What the engine says.
        source: StoreError,
    },
}

/// Holds the directory for this process. The system lets go of it when the process ends, however it ends.
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl EmbeddedStore {
    /// Opens the store in `dir`, which is created if it is not there.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has it open; else what keeps the files from being used.
    pub fn open(
        dir: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, OpenError> {
        Self::open_with(dir, options, clock, File::sync_data)
    }

    /// The same, with a `sync` of one's own: how disks fail cannot be tested otherwise.
    pub(crate) fn open_with(
        dir: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
        sync: SyncData,
    ) -> Result<Arc<Self>, OpenError> {
        let lock = lock(dir)?;
        let io = |source| OpenError::Io { path: dir.to_owned(), source };
        let engine = |source| OpenError::Engine { path: dir.to_owned(), source };
        let journal = dir.join("journal");
        std::fs::create_dir_all(&journal).map_err(io)?;
        let registry =
            Registry::open(&dir.join("registry.redb"), REGISTRY_CACHE).map_err(engine)?;
        let archive =
            Archive::open(&dir.join("mail.redb"), options.page_cache_bytes).map_err(engine)?;
        if !archive.prepare().map_err(engine)? {
            return Err(OpenError::Format(dir.to_owned()));
        }
        let shelf = Shelf::in_directory(journal, sync);
        let Recovered { state, next_segment, next_moved } =
            recovery::recover(&shelf, &archive).map_err(engine)?;
        let claims = claims_of(registry.begin_life().map_err(engine)?);
        let engine = Arc::new(Engine {
            state: Mutex::new(state),
            changed: Condvar::new(),
            archive,
            shelf,
            cache: EnvelopeCache::of(options.envelope_cache_bytes),
            flight: Flight::new(Bells::default(), claims),
            clock,
            options,
        });
        Self::start(engine, registry, lock, next_segment, next_moved).map(Arc::new).map_err(io)
    }

    fn start(
        engine: Arc<Engine>,
        registry: Registry,
        lock: Lock,
        next_segment: u64,
        next_moved: u64,
    ) -> io::Result<Self> {
        let closing = Arc::<Closing>::default();
        let (jobs, receiver) = mpsc::channel();
        let writer = Writer::new(engine.clone(), receiver, next_segment);
        let (other_engine, other_closing) = (engine.clone(), closing.clone());
        let compactor = Compactor::numbering_from(next_moved);
        let checkpointer = spawn("checkpointer", move || {
            checkpoint::run(&other_engine, &other_closing, compactor);
        })?;
        let threads = vec![checkpointer, spawn("journal writer", move || writer.run())?];
        let cache = LocalCache::alone(engine.clock.clone(), CAPACITY);
        let work = Work::new();
        Ok(Self { engine, registry, work, cache, jobs: Some(jobs), closing, threads, _lock: lock })
    }
}

pub(crate) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).stack_size(512 << 10).spawn(work)
}

fn lock(dir: &Path) -> Result<Lock, OpenError> {
    let io = |source| OpenError::Io { path: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(io)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}
