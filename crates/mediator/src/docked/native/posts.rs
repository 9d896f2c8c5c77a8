//! Envelopes that were posted to a dock.
//!
//! The dock puts the envelope into a queue that all mediators share and holds the request; whoever deals with it orders the dock to
//! answer. Mail in an answer that nobody acknowledges is [settled](super::settled) by what the dock's transport sees.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use store::{Job, QueueName, Room};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::super::job::parted;
use super::super::lost::LostDocks;
use super::settled::Receipts;
use super::{Order, orders_of};
use crate::{Answer, Mediator, Receipt, Refusal};

/// What comes of an envelope that was posted to a dock.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is kept.
    Accepted,
    /// It is not taken; which of all refusals it is.
    Refused(usize),
    /// The store is away.
    Cut,
    /// This goes back.
    Reply {
        /// The envelope.
        #[serde(skip)]
        envelope: Bytes,
        /// Who wants to know whether it was taken.
        settle: Option<String>,
    },
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("Accepted"),
            Self::Refused(which) => write!(f, "Refused({which})"),
            Self::Cut => f.write_str("Cut"),
            Self::Reply { envelope, .. } => write!(f, "Reply({} bytes)", envelope.len()),
        }
    }
}

impl Outcome {
    pub(super) fn parted(self) -> (Self, Bytes) {
        match self {
            Self::Reply { envelope, settle } => {
                (Self::Reply { envelope: Bytes::new(), settle }, envelope)
            }
            other => (other, Bytes::new()),
        }
    }

    pub(super) fn whole(self, envelope: Bytes) -> Self {
        match self {
            Self::Reply { settle, .. } => Self::Reply { envelope, settle },
            other => other,
        }
    }

    /// The answer, as the transport understands it; `receipt` makes one of whoever wants to know.
    pub(super) fn into_answer(self, receipt: impl FnOnce(String) -> Receipt) -> Answer {
        match self {
            Self::Accepted => Answer::Accepted,
            Self::Refused(which) => {
                Answer::Refused(Refusal::ALL.get(which).copied().unwrap_or(Refusal::NotAnEnvelope))
            }
            Self::Cut => Answer::Cut,
            Self::Reply { envelope, settle } => {
                Answer::Reply { envelope, receipt: settle.map(receipt) }
            }
        }
    }
}

/// An envelope on its way.
#[derive(Serialize, Deserialize)]
pub(super) struct Posted {
    pub dock: String,
    pub request: u64,
}

/// Envelopes that wait in all.
pub(super) const ROOM: Room = Room { jobs: 20_000, bytes: 256 << 20 };

/// As long as a sender waits.
pub(super) const LEASE: Duration = Duration::from_secs(15);

pub(super) const PAGE: usize = 64;
pub(super) const IDLE: Duration = Duration::from_secs(3);
const AT_ONCE: usize = 256;

/// Where envelopes wait for any mediator.
pub(super) fn posted() -> QueueName {
    "dock.posts".parse().unwrap_or_else(|_| unreachable!("a dot and letters"))
}

/// What an answer leaves behind.
type Ties = (Arc<LostDocks>, Receipts);

impl Mediator {
    /// Deals with what is posted to docks, until `stop`.
    pub(in crate::docked) async fn serve_posts(
        self: Arc<Self>,
        docks: Arc<LostDocks>,
        stop: CancellationToken,
    ) {
        let receipts = Receipts::default();
        tokio::select! {
            () = self.clone().deal_with_posts((docks, receipts.clone()), stop) => {}
            () = self.settle_posts(receipts) => {}
            () = self.clear_after_docks() => {}
        }
    }

    async fn deal_with_posts(self: Arc<Self>, ties: Ties, stop: CancellationToken) {
        let queue = posted();
        let mut bell = self.stores.queue.watch(&queue).await.ok();
        let mut under_way = JoinSet::new();
        loop {
            let room = AT_ONCE.saturating_sub(under_way.len()).min(PAGE);
            let until = self.clock.now() + LEASE;
            let claim = self.stores.queue.claim(&queue, room, until).await;
            let jobs = claim.map(|claim| claim.jobs).unwrap_or_default();
            let got = jobs.len();
            for job in jobs {
                under_way.spawn(self.clone().deal_with(job, ties.clone()));
            }
            if got > 0 && got == room {
                continue;
            }
            tokio::select! { biased;
                () = stop.cancelled() => break,
                Some(_) = under_way.join_next() => {}
                () = ring(&mut bell) => {}
                () = sleep(IDLE) => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn deal_with(self: Arc<Self>, job: Job, (docks, receipts): Ties) {
        if let Some((line, envelope)) = parted::<Posted>(&job.body) {
            let answer = self.post(&envelope).await;
            let outcome = self.outcome(&line, answer, receipts);
            let order = Order::Answer(line.request, outcome);
            // A dock that does not hear it lets its sender go unanswered.
            if let Some(queue) = orders_of(&line.dock) {
                let _ = self.stores.queue.push(&queue, &[order.to_job()], super::ROOM).await;
                docks.ordered(&line.dock);
            }
        }
        let _ = self.stores.queue.finish(&posted(), job.ticket).await;
    }

    fn outcome(&self, line: &Posted, answer: Answer, receipts: Receipts) -> Outcome {
        match answer {
            Answer::Accepted => Outcome::Accepted,
            Answer::Cut => Outcome::Cut,
            Answer::Refused(refusal) => {
                let place = Refusal::ALL.iter().position(|other| *other == refusal);
                Outcome::Refused(place.unwrap_or_default())
            }
            Answer::Reply { envelope, receipt: None } => Outcome::Reply { envelope, settle: None },
            Answer::Reply { envelope, receipt: Some(receipt) } => {
                receipts.wait_for((line.dock.clone(), line.request), receipt);
                Outcome::Reply { envelope, settle: Some(self.session.instance.clone()) }
            }
        }
    }
}

/// The next ring, if there is a bell.
pub(super) async fn ring(bell: &mut Option<store::QueueWatch>) {
    match bell {
        Some(bell) => bell.next().await,
        None => std::future::pending().await,
    }
}
