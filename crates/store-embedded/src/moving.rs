//! Copying mail from one segment to another.

use std::collections::BTreeSet;
use std::io;

use store::{Result, StoreError};

use crate::archive::{Archive, Filed, Snapshot};
use crate::disk::io_failure;
use crate::journal::{Segment, SegmentFile, SegmentId, Shelf, is_append};
use crate::reading::{damaged, read};

/// Bytes that are gathered for one write.
const GATHERED: usize = 1 << 20;

/// Copies frames to a new segment. The archive knows nothing of that until the end; before, the copies are garbage.
pub(crate) struct Mover<'a> {
    shelf: &'a Shelf,
    target: SegmentId,
    segment: Segment,
    gathered: Vec<u8>,
    sheets: Vec<Filed>,
}

impl<'a> Mover<'a> {
    /// A mover to the new segment `target`.
    pub(crate) fn to(shelf: &'a Shelf, target: SegmentId) -> Result<Self> {
        let segment = shelf.create(target).map_err(|error| io_failure(&error))?;
        Ok(Self { shelf, target, segment, gathered: Vec::new(), sheets: Vec::new() })
    }

    /// Copies what lives in `victim` and is not damaged, and says how many messages that were.
    pub(crate) fn move_out_of(&mut self, victim: SegmentId, snapshot: &Snapshot) -> Result<u64> {
        let file = match self.shelf.take(victim) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            file => file.map_err(|error| io_failure(&error))?,
        };
        let mut written = BTreeSet::new();
        file.headings(|heading| written.extend(heading.append))
            .map_err(|error| io_failure(&error))?;
        let mut messages = 0;
        for filed in snapshot.sheets_in(victim, &written)? {
            let length = self.gathered.len();
            match self.copy(filed, &file) {
                Ok(moved) => messages += moved,
                Err(StoreError::Damaged(_)) => self.gathered.truncate(length),
                Err(error) => return Err(error),
            }
            if self.gathered.len() >= GATHERED {
                self.write(false)?;
            }
        }
        Ok(messages)
    }

    fn copy(&mut self, (owner, key, sheet): Filed, file: &SegmentFile) -> Result<u64> {
        let mut offsets = Vec::new();
        for place in sheet.places() {
            let frame = read(file, place.frame.offset, place.frame.bytes() as usize)?;
            if !is_append(&frame, owner, place.position) {
                return Err(damaged(file.id, place.frame.offset));
            }
            offsets.push(self.segment.length() + self.gathered.len() as u64);
            self.gathered.extend_from_slice(&frame);
        }
        self.sheets.push((owner, key, sheet.moved_to(self.target, &offsets)));
        Ok(offsets.len() as u64)
    }

    fn write(&mut self, sync: bool) -> Result<()> {
        let written = self.segment.append(&self.gathered, sync);
        self.gathered.clear();
        written.map(drop).map_err(|error| io_failure(&error))
    }

    /// Makes the copies durable and tells the archive.
    pub(crate) fn finish(mut self, archive: &Archive) -> Result<()> {
        self.write(true)?;
        archive.relocate(&self.sheets, self.target, self.segment.length())
    }
}
