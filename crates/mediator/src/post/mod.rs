//! One envelope in, at most one out: the door for requests (RFC 0025, RFC 0092).

mod pickup;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use protocols::{Command, DecodeError, Head, Inbound, Problem, Reply, ReturnRoute};
use store::StoreError;
use tokio::time::sleep;

use crate::commands::{STORE_POLL, Unkept, Welcome, positions, too_many};
use crate::directory::{Correspondent, Route};
use crate::read::{Incoming, Unread};
use crate::{Answer, Mediator, Receipt, Refusal, Stage};

impl Mediator {
    /// Takes one posted envelope and says what to do about it. Never panics, whatever the bytes; takes as long as the store is
    /// waited for at most.
    pub async fn post(self: &Arc<Self>, body: &[u8]) -> Answer {
        let read = self.read(body, &|_| None).await;
        self.answer_to(read, body.len()).await
    }

    /// The same for what was read already.
    pub(crate) async fn answer_to(
        self: &Arc<Self>,
        read: Result<Incoming, Unread>,
        bytes: usize,
    ) -> Answer {
        let answer = match read {
            Ok(incoming) => self.answer(incoming, bytes).await,
            Err(unread) => Unkept::from(unread).into(),
        };
        if let Answer::Refused(refusal) = &answer {
            self.tally.refusal(*refusal);
            self.tally.stage(Stage::Refused, 1);
        }
        answer
    }

    async fn answer(self: &Arc<Self>, incoming: Incoming, bytes: usize) -> Answer {
        let outcome = match incoming {
            Incoming::Forward(forward) => self.forward(forward).await.map(|()| Answer::Accepted),
            Incoming::Greeting { author, inbound } => {
                self.insist(bytes, || self.answer_greeting(author, &inbound)).await
            }
            Incoming::Request { by, inbound } => {
                self.insist(bytes, || self.answer_request(&by, &inbound)).await
            }
            Incoming::Garbled { by, error } => {
                self.insist(bytes, || self.answer_garbled(&by, &error)).await
            }
        };
        outcome.unwrap_or_else(Answer::from)
    }

    /// Answers again and again while the store is away, for as long as a peer may be kept waiting: nothing that is asked for does harm
    /// when it is done twice. What waits has a place among the forwards that do.
    async fn insist<F, R>(&self, bytes: usize, answer: F) -> Result<Answer, Unkept>
    where
        F: Fn() -> R,
        R: Future<Output = Result<Answer, Unkept>>,
    {
        let until = self.patience_ends();
        let mut place = None;
        loop {
            match answer().await {
                Err(Unkept::StoreAway(StoreError::Unavailable(_))) if self.clock.now() < until => {
                    place = place.or_else(|| self.held.take(bytes));
                    if place.is_none() {
                        return Err(too_many());
                    }
                    sleep(STORE_POLL).await;
                }
                settled => return settled,
            }
        }
    }

    async fn answer_greeting(&self, author: VerKey, inbound: &Inbound) -> Result<Answer, Unkept> {
        let (who, words) = match self.welcome(author, inbound).await? {
            Welcome::Connected { who, response } => (Some(who), response),
            Welcome::TurnedAway(problem) => (None, problem),
            Welcome::Refused(refusal) => return Err(Unkept::Refused(refusal)),
        };
        let Some(envelope) = self.seal_from_invitation(&words, author) else {
            return Err(Unkept::Refused(Refusal::Unauthorized));
        };
        if wants_reply(&inbound.head) {
            return Ok(Answer::Reply { envelope, receipt: None });
        }
        if let Some(who) = who {
            self.mail_reply(&who, envelope).await?;
        }
        Ok(Answer::Accepted)
    }

    async fn answer_garbled(
        &self,
        by: &Correspondent,
        error: &DecodeError,
    ) -> Result<Answer, Unkept> {
        let Some(words) = error.answer(&self.ids.next()) else { return Ok(Answer::Accepted) };
        self.tally.problem();
        match error.head.as_deref() {
            Some(head) => self.reply(by, head, &words, None).await,
            None => Ok(Answer::Accepted),
        }
    }

    async fn answer_request(
        self: &Arc<Self>,
        by: &Arc<Correspondent>,
        inbound: &Inbound,
    ) -> Result<Answer, Unkept> {
        let owner = by.id();
        let (reply, receipt) = match &inbound.command {
            Command::StatusRequest { key } => (self.status_reply(owner, key.as_ref()).await?, None),
            Command::DeliveryRequest { limit, key } => {
                (self.delivery_reply(owner, *limit, key.as_ref()).await?, None)
            }
            Command::MessagesReceived { ids } => {
                self.acknowledge(owner, &positions(ids), None).await?;
                (self.status_reply(owner, None).await?, None)
            }
            Command::LiveDelivery(true) => (Reply::Problem(Problem::LIVE_MODE_NOT_SUPPORTED), None),
            Command::LiveDelivery(false) => (self.status_reply(owner, None).await?, None),
            Command::BatchPickup { size } => self.batch_reply(owner, *size).await?,
            Command::ListPickup { ids } => self.list_reply(owner, ids).await?,
            Command::Noop | Command::Ping { response_requested: false } => {
                return self.poll(owner, &inbound.head).await;
            }
            Command::Ignored => {
                self.ponged_elsewhere(&inbound.head).await?;
                return Ok(Answer::Accepted);
            }
            _ => match self.obey(by, inbound).await? {
                Some(reply) => (reply, None),
                None => return Ok(Answer::Accepted),
            },
        };
        let words = self.phrase(inbound, &reply);
        self.reply(by, &inbound.head, &words, receipt).await
    }

    /// Sends words back the way they were asked for: over the request, to the peer's endpoint, or not at all.
    async fn reply(
        &self,
        by: &Correspondent,
        head: &Head,
        words: &[u8],
        receipt: Option<Receipt>,
    ) -> Result<Answer, Unkept> {
        let envelope = by.seal(words);
        if wants_reply(head) {
            return Ok(Answer::Reply { envelope, receipt });
        }
        self.mail_reply(by, envelope).await?;
        Ok(Answer::Accepted)
    }

    /// Puts a reply into the mailbox of a peer with an endpoint. A peer without one gets replies only on return routes: they
    /// never enter a queue that is picked up (RFC 0685).
    pub(crate) async fn mail_reply(
        &self,
        by: &Correspondent,
        envelope: Bytes,
    ) -> Result<(), Unkept> {
        let Some(key) = by.connection.their_keys.first().filter(|_| by.has_endpoint()) else {
            return Ok(());
        };
        let Some(letter) = self.letter(Destination::Key(*key), envelope) else { return Ok(()) };
        let route = Route { owner: by.id(), dialable: true };
        self.keep(route, letter, self.patience_ends()).await
    }
}

/// Whether the sender asked for an answer on the same connection (RFC 0092).
pub(crate) fn wants_reply(head: &Head) -> bool {
    matches!(head.return_route, Some(ReturnRoute::All | ReturnRoute::Thread(_)))
}

impl From<Unkept> for Answer {
    fn from(unkept: Unkept) -> Self {
        match unkept {
            Unkept::Refused(refusal) => Self::Refused(refusal),
            Unkept::StoreAway(error) => {
                tracing::warn!(%error, "an envelope could not be kept, its sender is cut off");
                Self::Cut
            }
        }
    }
}
