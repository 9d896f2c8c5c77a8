//! What happened, counted.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{CloseReason, Refusal};

/// Every stage a message can be in. A message is `Received` first, and ends `Acknowledged`, `Expired`, `Refused` or `Buried`.
///
/// ```text
///            ┌──────────► Refused
/// Received ──┤                        ┌──► Acknowledged
///            └► Queued ──► Sent ──────┼──► Buried
///                 ▲          │        └──► Expired
///                 └──────────┘ (not acknowledged)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A forward for a recipient of ours was opened.
    Received,
    /// It is durable in a mailbox.
    Queued,
    /// It is the repetition of one that is or was there.
    Duplicate,
    /// It left towards its recipient; may happen more than once.
    Sent,
    /// Its recipient has it.
    Acknowledged,
    /// It came back to the mailbox unacknowledged.
    Returned,
    /// Nobody fetched it in time.
    Expired,
    /// It was not taken.
    Refused,
    /// Its endpoint kept refusing it.
    Buried,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Queued,
        Self::Duplicate,
        Self::Sent,
        Self::Acknowledged,
        Self::Returned,
        Self::Expired,
        Self::Refused,
        Self::Buried,
    ];

    /// The name of its counter.
    pub fn label(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Queued => "queued",
            Self::Duplicate => "duplicate",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Returned => "returned",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Buried => "buried",
        }
    }
}

/// The mediator's counters. They only grow while the process lives.
#[derive(Debug, Default)]
pub struct Tally {
    stages: [AtomicU64; Stage::ALL.len()],
    refusals: [AtomicU64; Refusal::ALL.len()],
    closes: [AtomicU64; CloseReason::ALL.len()],
    problems: AtomicU64,
    sockets_opened: AtomicU64,
    sockets_ended: AtomicU64,
}

impl Tally {
    pub(crate) fn stage(&self, stage: Stage, messages: usize) {
        self.stages[stage as usize].fetch_add(messages as u64, Ordering::Relaxed);
    }

    pub(crate) fn refusal(&self, refusal: Refusal) {
        self.refusals[refusal as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn close(&self, reason: CloseReason) {
        self.closes[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn problem(&self) {
        self.problems.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn socket_opened(&self) {
        self.sockets_opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn socket_ended(&self) {
        self.sockets_ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Messages that went through this stage.
    pub fn messages(&self, stage: Stage) -> u64 {
        self.stages[stage as usize].load(Ordering::Relaxed)
    }

    /// Envelopes refused for this reason.
    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.refusals[refusal as usize].load(Ordering::Relaxed)
    }

    /// Sockets we closed for this reason.
    pub fn closed(&self, reason: CloseReason) -> u64 {
        self.closes[reason as usize].load(Ordering::Relaxed)
    }

    /// Problem reports we sent.
    pub fn problems(&self) -> u64 {
        self.problems.load(Ordering::Relaxed)
    }

    /// Sockets ever opened.
    pub fn sockets_opened(&self) -> u64 {
        self.sockets_opened.load(Ordering::Relaxed)
    }

    /// Sockets open now.
    pub fn sockets_open(&self) -> u64 {
        let ended = self.sockets_ended.load(Ordering::Relaxed);
        self.sockets_opened().saturating_sub(ended)
    }
}
