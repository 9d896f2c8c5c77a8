//! One file of the journal.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::record::{Record, decode};

/// Marks the file and its format.
const MAGIC: [u8; 8] = *b"restant1";
const HEAD: u64 = MAGIC.len() as u64;
const SUFFIX: &str = "journal";

/// A segment as its readers hold it.
#[derive(Clone)]
pub(crate) struct SegmentFile {
    /// Its number; later ones are higher.
    pub id: u64,
    /// Open for reading and writing.
    pub file: Arc<File>,
}

/// The segment that is written to.
pub(crate) struct Segment {
    handle: SegmentFile,
    /// What is valid of the file, in bytes. Behind it there may be the rest of a write that failed.
    length: u64,
    has_rest: bool,
    is_worn: bool,
}

impl Segment {
    /// Creates segment `id`, durably.
    pub(crate) fn create(dir: &Path, id: u64) -> io::Result<Self> {
        let path = path_of(dir, id);
        let created = create_file(&path).and_then(|file| sync_directory(dir).map(|()| file));
        let file = created.inspect_err(|_| drop(std::fs::remove_file(&path)))?;
        let handle = SegmentFile { id, file: Arc::new(file) };
        Ok(Self { handle, length: HEAD, has_rest: false, is_worn: false })
    }

    /// The file, for readers.
    pub(crate) fn handle(&self) -> &SegmentFile {
        &self.handle
    }

    /// Bytes of it that are valid.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Whether a sync failed. What the kernel does with the file's dirty pages after that is unknown, so that no later sync of
    /// this file can be trusted: the next write belongs into another segment.
    pub(crate) fn is_worn(&self) -> bool {
        self.is_worn
    }

    /// Adds frames, durably if `sync`, and says at which offset they begin. After an error nothing of them counts.
    pub(crate) fn append(&mut self, frames: &[u8], sync: bool) -> io::Result<u64> {
        self.cut_rest()?;
        self.has_rest = true;
        let written = self.write(frames, sync);
        if written.is_err() {
            // If this fails too, the next append tries again first and refuses to write before it succeeds.
            let _ = self.cut_rest();
            return written;
        }
        self.has_rest = false;
        self.length += frames.len() as u64;
        written
    }

    fn write(&mut self, frames: &[u8], sync: bool) -> io::Result<u64> {
        self.handle.file.write_all_at(frames, self.length)?;
        if sync {
            self.handle.file.sync_data().inspect_err(|_| self.is_worn = true)?;
        }
        Ok(self.length)
    }

    fn cut_rest(&mut self) -> io::Result<()> {
        if self.has_rest {
            self.handle.file.set_len(self.length)?;
            self.has_rest = false;
        }
        Ok(())
    }
}

fn create_file(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
    file.write_all_at(&MAGIC, 0)?;
    file.sync_all()?;
    Ok(file)
}

/// What [`replay`] found.
pub(crate) struct Replayed {
    pub handle: SegmentFile,
    /// Bytes behind the last valid frame, torn off by a crash.
    pub torn: usize,
}

/// Reads a segment from its start, handing each record to `apply`.
pub(crate) fn replay(
    dir: &Path,
    id: u64,
    mut apply: impl FnMut(&SegmentFile, Record),
) -> io::Result<Replayed> {
    let path = path_of(dir, id);
    let bytes = std::fs::read(&path)?;
    let handle = SegmentFile { id, file: Arc::new(File::open(&path)?) };
    let mut offset = if bytes.starts_with(&MAGIC) { MAGIC.len() } else { bytes.len() };
    while let Some((record, next)) = decode(&bytes, offset) {
        apply(&handle, record);
        offset = next;
    }
    Ok(Replayed { handle, torn: bytes.len() - offset })
}

/// The ids of the segments in `dir`, oldest first.
pub(crate) fn list(dir: &Path) -> io::Result<Vec<u64>> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        ids.extend(id_of(&entry?.path()));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Deletes segments up to and including `last`, which a checkpoint has made superfluous.
pub(crate) fn remove_up_to(dir: &Path, last: u64) -> io::Result<()> {
    for id in list(dir)?.into_iter().filter(|id| *id <= last) {
        std::fs::remove_file(path_of(dir, id))?;
    }
    Ok(())
}

fn path_of(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:016x}.{SUFFIX}"))
}

fn id_of(path: &Path) -> Option<u64> {
    let is_segment = path.extension().is_some_and(|extension| extension == SUFFIX);
    let stem = path.file_stem()?.to_str()?;
    is_segment.then(|| u64::from_str_radix(stem, 16).ok()).flatten()
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
