//! The directory of segments, most of which hold mail that the archive knows the places of.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quick_cache::sync::Cache;

use super::segment::{Segment, SegmentFile, SegmentId, SyncData, list, remove};

/// Files that are kept open for the next reader.
const OPEN: usize = 32;

/// Opens segments and deletes those that nobody needs.
pub(crate) struct Shelf {
    dir: PathBuf,
    sync: SyncData,
    open: Cache<SegmentId, Arc<SegmentFile>>,
}

impl Shelf {
    /// The segments in `dir`; new ones are made durable by `sync`.
    pub(crate) fn in_directory(dir: PathBuf, sync: SyncData) -> Self {
        Self { dir, sync, open: Cache::new(OPEN) }
    }

    /// Creates a segment, durably.
    pub(crate) fn create(&self, id: SegmentId) -> io::Result<Segment> {
        Segment::create(&self.dir, id, self.sync)
    }

    /// Where the segments are.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A segment, for reading.
    pub(crate) fn take(&self, id: SegmentId) -> io::Result<Arc<SegmentFile>> {
        self.open.get_or_insert_with(&id, || SegmentFile::open(&self.dir, id).map(Arc::new))
    }

    /// Deletes the segments that the archive has taken over and in which nothing lives, and what a crash left of a move. The
    /// archive contains the journal up to segment `last`; its mail is in `inhabited`.
    pub(crate) fn sweep(&self, last: u64, inhabited: &BTreeSet<SegmentId>) -> io::Result<()> {
        let is_superfluous = |id: &SegmentId| match id {
            SegmentId::Journal(number) => *number <= last && !inhabited.contains(id),
            SegmentId::Moved(_) => !inhabited.contains(id),
        };
        for id in list(&self.dir)?.into_iter().filter(is_superfluous) {
            self.open.remove(&id);
            remove(&self.dir, id)?;
        }
        Ok(())
    }
}
