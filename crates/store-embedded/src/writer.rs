//! The one thread that writes the journal: group commit.
//!
//! Whatever arrived while the last sync ran goes into the next one. Nothing waits for company.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use store::{Appended, Letter, Position, RecipientId, Result};
use tokio::sync::oneshot;

use crate::disk::io_failure;
use crate::engine::Engine;
use crate::journal::{Segment, SegmentFile, SegmentId, encode_gone};
use crate::staging::Stage;

/// A commit takes up no more than this in memory, unless a single letter does.
const COMMIT_BYTES: usize = 4 << 20;
/// What the buffer keeps from one commit to the next.
const BUFFER_BYTES: usize = 256 << 10;

/// What the writer is asked for.
pub(crate) enum Job {
    /// Keep a letter, durably.
    Append(Append),
    /// Note that messages have gone. They have for readers already.
    Gone { owner: RecipientId, positions: Vec<Position> },
    /// Begin a checkpoint.
    Seal,
}

/// A letter on its way, and who waits for the answer.
pub(crate) struct Append {
    pub owner: RecipientId,
    pub letter: Letter,
    pub reply: oneshot::Sender<Result<Appended>>,
}

/// The writer's own state.
pub(crate) struct Writer {
    engine: Arc<Engine>,
    jobs: Receiver<Job>,
    segment: Option<Segment>,
    next_segment: u64,
    buffer: Vec<u8>,
}

impl Writer {
    /// A writer that begins with segment `next_segment`.
    pub(crate) fn new(engine: Arc<Engine>, jobs: Receiver<Job>, next_segment: u64) -> Self {
        Self { engine, jobs, segment: None, next_segment, buffer: Vec::new() }
    }

    /// Works until all senders of jobs are gone, and all they sent is done.
    pub(crate) fn run(mut self) {
        while let Ok(first) = self.jobs.recv() {
            self.commit(first);
        }
    }

    fn commit(&mut self, first: Job) {
        let mut stage = Stage::begin(std::mem::take(&mut self.buffer));
        let mut appends = Vec::new();
        let mut wants_checkpoint = false;
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Append(append) => {
                    bytes += append.letter.envelope.len();
                    appends.push(append);
                }
                Job::Gone { owner, positions } => encode_gone(&mut stage.frames, owner, &positions),
                Job::Seal => wants_checkpoint = true,
            }
            next = if bytes < COMMIT_BYTES { self.arrived() } else { None };
        }
        stage.admit(&self.engine, appends);
        wants_checkpoint |= self.write(&mut stage);
        self.buffer = stage.into_buffer();
        self.buffer.shrink_to(BUFFER_BYTES);
        self.checkpoint_if_due(wants_checkpoint);
    }

    fn arrived(&self) -> Option<Job> {
        self.jobs.try_recv().ok()
    }

    /// Writes what is staged and answers everybody. Says whether a checkpoint might make room.
    fn write(&mut self, stage: &mut Stage) -> bool {
        if stage.frames.is_empty() {
            stage.conclude(&self.engine, None);
            return false;
        }
        match self.append(stage) {
            Ok(written) => {
                stage.conclude(&self.engine, Some(written));
                false
            }
            Err(error) => {
                tracing::error!(%error, "the journal cannot be written");
                stage.refuse(&io_failure(&error));
                true
            }
        }
    }

    fn append(&mut self, stage: &Stage) -> std::io::Result<Written> {
        let is_durable = stage.has_letters();
        let segment = match self.segment.take().filter(|segment| !segment.is_worn()) {
            Some(segment) => self.segment.insert(segment),
            None => {
                let id = SegmentId::Journal(self.next_segment);
                let segment = self.engine.shelf.create(id)?;
                self.next_segment += 1;
                self.engine.state.lock().active.segments.push(segment.handle().clone());
                self.segment.insert(segment)
            }
        };
        let base = segment.append(&stage.frames, is_durable)?;
        Ok(Written { segment: segment.handle().clone(), base })
    }

    fn checkpoint_if_due(&mut self, is_wanted: bool) {
        let options = &self.engine.options;
        let length = self.segment.as_ref().map_or(0, Segment::length);
        let mut state = self.engine.state.lock();
        let entries = state.active.entries();
        if !is_wanted && length < options.segment_bytes && entries < options.generation_entries {
            return;
        }
        let is_overdue =
            length >= 2 * options.segment_bytes || entries >= 2 * options.generation_entries;
        // Two full generations are all that memory is planned for: who writes faster than checkpoints run has to wait.
        while is_overdue && state.frozen.is_some() && state.failure.is_none() {
            self.engine.changed.wait(&mut state);
        }
        if state.frozen.is_none() {
            state.freeze();
            self.segment = None;
            self.engine.changed.notify_all();
        }
    }
}

/// Where a commit was written.
pub(crate) struct Written {
    pub segment: Arc<SegmentFile>,
    pub base: u64,
}
