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
    frame: Frame,
}

/// What [`envelopes`] found.
pub(crate) enum Reading {
    Done(Vec<Bytes>),
    /// This segment is not there: mail has moved since its place was looked up, or is lost.
    Missing(SegmentId),
}

/// Reads envelopes of mail of `owner`; frames that lie side by side are read at once.
pub(crate) fn envelopes(shelf: &Shelf, owner: RecipientId, wanted: &[&Wanted]) -> Result<Reading> {
    let found = match find(shelf, wanted)? {
        Ok(found) => found,
        Err(missing) => return Ok(Reading::Missing(missing)),
    };
    let mut envelopes = Vec::with_capacity(found.len());
    for neighbours in found.chunk_by(are_neighbours) {
        read_run(owner, neighbours, &mut envelopes)?;
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
        found.push(Found { position: *position, segment, frame: *frame });
    }
    Ok(Ok(found))
}

fn are_neighbours(one: &Found, next: &Found) -> bool {
    let gap = next.frame.offset.checked_sub(one.frame.end());
    one.segment.id == next.segment.id && gap.is_some_and(|gap| gap <= GAP)
}

fn read_run(owner: RecipientId, run: &[Found], envelopes: &mut Vec<Bytes>) -> Result<()> {
    let [first, ..] = run else { return Ok(()) };
    let start = first.frame.offset;
    let end = run.last().map_or(start, |last| last.frame.end());
    let bytes: Bytes = read(&first.segment, start, (end - start) as usize)?.into();
    for Found { position, segment, frame } in run {
        let frame_start = (frame.offset - start) as usize;
        let frame_bytes = frame_start..frame_start + frame.bytes() as usize;
        if !is_append(&bytes[frame_bytes.clone()], owner, *position) {
            return Err(damaged(segment.id, frame.offset));
        }
        envelopes.push(bytes.slice(frame_start + usize::from(frame.head)..frame_bytes.end));
    }
    Ok(())
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
