//! The journal: what happened since the last checkpoint, in the order in which it happened.
//!
//! It is a row of append-only files, *segments*. A frame is on disk whole or, behind the last sync, not at all: the
//! first frame that does not match its checksum is where a crash tore the tail off, and ends the segment.

mod record;
mod segment;

pub(crate) use record::{Appended, Record, encode_append, encode_gone};
pub(crate) use segment::{Segment, SegmentFile, list, remove_up_to, replay};
