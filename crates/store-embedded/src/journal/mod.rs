//! The journal: what happened to the mail, in the order in which it happened.
//!
//! It is a row of append-only files, *segments*. A frame is on disk whole or, behind the last sync, not at all: the
//! first frame that does not match its checksum is where a crash tore the tail off, and ends the segment.
//!
//! An envelope stays where it was written until its message has gone; the archive keeps its place. A segment is deleted
//! when nothing in it lives.

mod frame;
mod record;
mod segment;
mod shelf;

pub(crate) use frame::{Frame, is_append};
pub(crate) use record::{Appended, Record, encode_append, encode_gone};
pub(crate) use segment::{Segment, SegmentFile, SegmentId, SyncData, list, replay};
pub(crate) use shelf::Shelf;
