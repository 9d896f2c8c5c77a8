//! One file of the journal.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::{HEADING, Heading, heading};
use super::record::{Record, decode};

/// Marks the file and its format.
const MAGIC: [u8; 8] = *b"restant1";
const HEAD: u64 = MAGIC.len() as u64;
const SUFFIX: &str = "journal";
const SUFFIX_MOVED: &str = "moved";

/// The number of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SegmentId {
    /// Written as mail came; later ones are higher.
    Journal(u64),
    /// Holds copies of old mail from segments that had little left.
    Moved(u64),
}

/// Set in the numbers of moved segments, in the archive.
const MOVED: u64 = 1 << 63;

impl SegmentId {
    pub(crate) fn to_number(self) -> u64 {
        match self {
            Self::Journal(id) => id,
            Self::Moved(id) => id | MOVED,
        }
    }

    pub(crate) fn from_number(number: u64) -> Self {
        if number & MOVED == 0 { Self::Journal(number) } else { Self::Moved(number & !MOVED) }
    }

    fn path(self, dir: &Path) -> PathBuf {
        dir.join(self.to_string())
    }

    fn of(path: &Path) -> Option<Self> {
        let id = u64::from_str_radix(path.file_stem()?.to_str()?, 16).ok()?;
        match path.extension()?.to_str()? {
            SUFFIX => Some(Self::Journal(id)),
            SUFFIX_MOVED => Some(Self::Moved(id)),
            _ => None,
        }
    }
}

/// The name of its file.
impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(id) => write!(f, "{id:016x}.{SUFFIX}"),
            Self::Moved(id) => write!(f, "{id:016x}.{SUFFIX_MOVED}"),
        }
    }
}

/// A segment as its readers hold it.
pub(crate) struct SegmentFile {
    pub id: SegmentId,
    pub file: File,
}

impl SegmentFile {
    /// Opens a segment for reading.
    pub(crate) fn open(dir: &Path, id: SegmentId) -> io::Result<Self> {
        Ok(Self { id, file: File::open(id.path(dir))? })
    }

    /// Calls `visit` with the place and heading of every frame. They are not compared to their checksums; where they make no
    /// sense, this ends.
    pub(crate) fn headings(&self, mut visit: impl FnMut(Heading)) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let mut offset = HEAD;
        let mut bytes = [0; HEADING];
        while offset < length {
            let wanted = usize::try_from(length - offset).map_or(HEADING, |rest| rest.min(HEADING));
            self.file.read_exact_at(&mut bytes[..wanted], offset)?;
            let Some(heading) = heading(&bytes[..wanted]) else { break };
            offset += heading.bytes;
            visit(heading);
        }
        Ok(())
    }
}

/// Makes what was written to a file durable.
pub(crate) type SyncData = fn(&File) -> io::Result<()>;

/// The segment that is written to.
pub(crate) struct Segment {
    handle: Arc<SegmentFile>,
    sync: SyncData,
    /// What is valid of the file, in bytes. Behind it there may be the rest of a write that failed.
    length: u64,
    has_rest: bool,
    is_worn: bool,
}

impl Segment {
    /// Creates segment `id`, durably.
    pub(crate) fn create(dir: &Path, id: SegmentId, sync: SyncData) -> io::Result<Self> {
        let path = id.path(dir);
        let created = create_file(&path).and_then(|file| sync_directory(dir).map(|()| file));
        let file = created.inspect_err(|_| drop(std::fs::remove_file(&path)))?;
        let handle = Arc::new(SegmentFile { id, file });
        Ok(Self { handle, sync, length: HEAD, has_rest: false, is_worn: false })
    }

    /// The file, for readers.
    pub(crate) fn handle(&self) -> &Arc<SegmentFile> {
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
            (self.sync)(&self.handle.file).inspect_err(|_| self.is_worn = true)?;
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
    pub handle: Arc<SegmentFile>,
    /// Bytes behind the last valid frame, torn off by a crash.
    pub torn: usize,
}

/// Reads a segment from its start, handing each record to `apply`.
pub(crate) fn replay(
    dir: &Path,
    id: SegmentId,
    mut apply: impl FnMut(&Arc<SegmentFile>, Record),
) -> io::Result<Replayed> {
    let bytes = std::fs::read(id.path(dir))?;
    let handle = Arc::new(SegmentFile::open(dir, id)?);
    let mut offset = if bytes.starts_with(&MAGIC) { MAGIC.len() } else { bytes.len() };
    while let Some((record, next)) = decode(&bytes, offset) {
        apply(&handle, record);
        offset = next;
    }
    Ok(Replayed { handle, torn: bytes.len() - offset })
}

/// The segments in `dir`, oldest first; moved ones come last.
pub(crate) fn list(dir: &Path) -> io::Result<Vec<SegmentId>> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        ids.extend(SegmentId::of(&entry?.path()));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Deletes a segment that is not needed any more.
pub(crate) fn remove(dir: &Path, id: SegmentId) -> io::Result<()> {
    std::fs::remove_file(id.path(dir))
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
