//! Who wants to know that an event was dealt with.

use std::sync::Arc;

use store::Ticket;
use tokio::sync::oneshot;

use super::Event;
use super::shard::Shard;

/// An event on its way to the socket that it happened on.
pub(super) struct Errand {
    pub event: Event,
    /// See [`Note::number`](super::Note::number).
    pub number: Option<u64>,
    pub slip: Slip,
}

impl Errand {
    /// The end of a socket, which nobody waits for.
    pub fn closed() -> Self {
        Self { event: Event::Closed, number: None, slip: Slip(None) }
    }
}

/// Settled when the event was dealt with. Dropped otherwise, and then somebody deals with it once more.
pub(super) struct Slip(Option<Debt>);

enum Debt {
    /// Somebody waits.
    Answer(oneshot::Sender<()>),
    /// It is a job.
    Job(Arc<Shard>, Ticket),
}

impl Slip {
    /// For somebody who waits.
    pub fn answer() -> (Self, oneshot::Receiver<()>) {
        let (done, waiting) = oneshot::channel();
        (Self(Some(Debt::Answer(done))), waiting)
    }

    /// For a job in the hands of its shard.
    pub fn job(shard: &Arc<Shard>, ticket: Ticket) -> Self {
        Self(Some(Debt::Job(shard.clone(), ticket)))
    }

    /// It was dealt with.
    pub fn settle(mut self) {
        match self.0.take() {
            // Who no longer waits does it once more, and may.
            Some(Debt::Answer(done)) => drop(done.send(())),
            Some(Debt::Job(shard, ticket)) => shard.finish(ticket),
            None => {}
        }
    }
}

impl Drop for Slip {
    fn drop(&mut self) {
        if let Some(Debt::Job(shard, ticket)) = self.0.take() {
            shard.put_back(ticket);
        }
    }
}
