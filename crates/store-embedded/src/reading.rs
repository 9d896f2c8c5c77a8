//! Envelopes, from the segments in which they lie.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use store::{Position, RecipientId, Result, StoreError};

use crate::disk::io_failure;
use crate::journal::{Frame, SegmentFile, SegmentId, Shelf, is_append};

/// What lies between two frames is read along with them if it is not more than so many bytes: cheaper than another call.
const GAP: u64 = 4096;

/// The segment of a message.
pub(crate) enum Source {
    /// One of a generation.
    Recent(Arc<SegmentFile>),
    /// One that the archive names. It may have been deleted since, and its mail be elsewhere.
    Archived(SegmentId),
}

/// A message whose envelope is wanted.
pub(crate) struct Wanted {
    pub position: Position,
    pub source: Source,
    pub frame: Frame,
}

struct Found {
    position: Position,
    segment: Arc<SegmentFile>,
    is_archived: bool,
    frame: Frame,
}

/// Whether a reader may wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It may.
    Patient,
    /// Of archived mail it is given what the system has in memory, or nothing.
    Impatient,
}

/// What [`envelopes`] found.
pub(crate) enum Reading {
    Done(Vec<Bytes>),
    /// The disk would have to be waited for.
    Cold,
    /// This segment is not there: mail has moved since its place was looked up, or is lost.
    Missing(SegmentId),
}

/// Reads envelopes of mail of `owner`; frames that lie side by side are read at once.
pub(crate) fn envelopes(
    shelf: &Shelf,
    owner: RecipientId,
    wanted: &[&Wanted],
    patience: Patience,
) -> Result<Reading> {
    let found = match find(shelf, wanted)? {
        Ok(found) => found,
        Err(missing) => return Ok(Reading::Missing(missing)),
    };
    let mut envelopes = Vec::with_capacity(found.len());
    for neighbours in found.chunk_by(are_neighbours) {
        let Some(bytes) = read_run(neighbours, patience)? else { return Ok(Reading::Cold) };
        cut_out(owner, neighbours, &bytes, &mut envelopes)?;
    }
    Ok(Reading::Done(envelopes))
}

fn find(shelf: &Shelf, wanted: &[&Wanted]) -> Result<std::result::Result<Vec<Found>, SegmentId>> {
    let mut found: Vec<Found> = Vec::with_capacity(wanted.len());
    for Wanted { position, source, frame } in wanted {
        let segment = match source {
            Source::Recent(segment) => segment.clone(),
            Source::Archived(id) => match found.last().filter(|last| last.segment.id == *id) {
                Some(last) => last.segment.clone(),
                None => match shelf.take(*id) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(*id)),
                    segment => segment.map_err(|error| io_failure(&error))?,
                },
            },
        };
        let is_archived = matches!(source, Source::Archived(_));
        found.push(Found { position: *position, segment, is_archived, frame: *frame });
    }
    Ok(Ok(found))
}

fn are_neighbours(one: &Found, next: &Found) -> bool {
    let gap = next.frame.offset.checked_sub(one.frame.end());
    one.segment.id == next.segment.id && gap.is_some_and(|gap| gap <= GAP)
}

/// All from the first frame to the last; `None` if that would mean to wait.
fn read_run(run: &[Found], patience: Patience) -> Result<Option<Bytes>> {
    let [first, ..] = run else { return Ok(Some(Bytes::new())) };
    let start = first.frame.offset;
    let length = (run.last().map_or(start, |last| last.frame.end()) - start) as usize;
    if first.is_archived && patience == Patience::Impatient {
        return Ok(read_from_memory(&first.segment, start, length).map(Bytes::from));
    }
    read(&first.segment, start, length).map(Bytes::from).map(Some)
}

/// Compares the frames to their checksums and takes the envelopes.
fn cut_out(
    owner: RecipientId,
    run: &[Found],
    bytes: &Bytes,
    envelopes: &mut Vec<Bytes>,
) -> Result<()> {
    let start = run.first().map_or(0, |first| first.frame.offset);
    for Found { position, segment, frame, .. } in run {
        let begin = (frame.offset - start) as usize;
        let end = begin + frame.bytes() as usize;
        if !is_append(&bytes[begin..end], owner, *position) {
            return Err(damaged(segment.id, frame.offset));
        }
        envelopes.push(bytes.slice(begin + usize::from(frame.head)..end));
    }
    Ok(())
}

/// So many bytes of a segment, if the system has them in memory. Where it cannot tell, and after an error, it has not.
#[cfg(target_os = "linux")]
fn read_from_memory(segment: &SegmentFile, offset: u64, length: usize) -> Option<Vec<u8>> {
    use rustix::io::{ReadWriteFlags, preadv2};
    let mut bytes = vec![0; length];
    let mut buffers = [io::IoSliceMut::new(&mut bytes)];
    let read = preadv2(&segment.file, &mut buffers, offset, ReadWriteFlags::NOWAIT);
    (read == Ok(length)).then_some(bytes)
}

#[cfg(not(target_os = "linux"))]
fn read_from_memory(_: &SegmentFile, _: u64, _: usize) -> Option<Vec<u8>> {
    None
}

/// So many bytes of a segment.
pub(crate) fn read(segment: &SegmentFile, offset: u64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    match segment.file.read_exact_at(&mut bytes, offset) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(damaged(segment.id, offset))
        }
        Err(error) => Err(io_failure(&error)),
    }
}

/// What is in a segment is not what was written there.
pub(crate) fn damaged(segment: SegmentId, offset: u64) -> StoreError {
    StoreError::Damaged(format!("journal/{segment} at byte {offset}"))
}
