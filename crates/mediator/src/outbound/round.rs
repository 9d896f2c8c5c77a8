//! One round of a postman: take mail, carry it, settle.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use store::{
    DeadLetter, Demand, Epoch, Holder, Mail, Manner, PeerEndpoint, Position, RecipientId, Result,
    Role, StoreError,
};
use tokio_util::sync::CancellationToken;

use super::wrap::wrap;
use crate::directory::Correspondent;
use crate::{Carried, End, Mediator, Stage};

/// What came of a round.
pub(super) enum Round {
    /// There is no mail left.
    Emptied,
    /// Some was taken; there may be more.
    Progress,
    /// The endpoint took nothing.
    Stuck,
    /// Somebody else serves this agent, or it has no endpoint.
    NotOurs,
}

/// Carries the mail of one agent.
pub(super) struct Postman {
    office: Arc<Mediator>,
    owner: RecipientId,
    /// Which of the agent's endpoints is tried next.
    turn: usize,
    /// The message that was refused last, and how often.
    refused: Option<(Position, u32)>,
}

/// Messages of one round.
const ROUND_MESSAGES: usize = 20;

/// Longer than carrying a whole round can take.
const ROUND_LEASE: Duration = Duration::from_secs(600);

impl Postman {
    pub fn new(office: Arc<Mediator>, owner: RecipientId) -> Self {
        Self { office, owner, turn: 0, refused: None }
    }

    /// Takes the oldest mail to the agent's endpoint.
    pub async fn round(&mut self, stop: &CancellationToken) -> Round {
        let outcome = self.try_round(stop).await;
        outcome.unwrap_or_else(|error| match error {
            StoreError::Displaced => Round::NotOurs,
            error => {
                tracing::warn!(%error, "mail for an endpoint could not be read");
                Round::Stuck
            }
        })
    }

    async fn try_round(&mut self, stop: &CancellationToken) -> Result<Round> {
        let office = self.office.clone();
        let Some(who) = office.directory.by_id(self.owner).await? else {
            return Ok(Round::NotOurs);
        };
        if !who.has_endpoint() || self.is_served_by_a_socket().await? {
            return Ok(Round::NotOurs);
        }
        let Some(Ok(_place)) = stop.run_until_cancelled(office.deliveries.gate.acquire()).await
        else {
            return Ok(Round::Stuck);
        };
        let epoch = office.stores.presence.claim(self.owner, &office.postman).await?;
        let _watch = office.stores.mailbox.watch(self.owner, epoch, Manner::ALONE).await?;
        let outcome = self.carry(&who, epoch).await;
        office.stores.mailbox.release(self.owner, Holder::Session(epoch), Duration::ZERO).await?;
        office.stores.presence.release(self.owner, epoch).await?;
        outcome
    }

    async fn is_served_by_a_socket(&self) -> Result<bool> {
        let presence = &self.office.stores.presence;
        let location = presence.locate(self.owner, self.office.clock.now()).await?;
        Ok(location.is_some_and(|location| location.claimant.role == Role::Session))
    }

    async fn carry(&mut self, who: &Correspondent, epoch: Epoch) -> Result<Round> {
        let office = self.office.clone();
        let until = office.clock.now() + ROUND_LEASE;
        let demand = Demand::of(ROUND_MESSAGES, office.settings.pace.batch_bytes);
        let holder = Holder::Session(epoch);
        let mail = office.stores.mailbox.lease(self.owner, holder, until, &demand).await?;
        if mail.is_empty() {
            return Ok(Round::Emptied);
        }
        let endpoint = &who.connection.endpoints[self.turn % who.connection.endpoints.len()];
        let envelopes = wrapped(&mail, who, endpoint);
        office.tally.stage(Stage::Sent, mail.len());
        let carried = office.carrier.carry(&endpoint.uri, &envelopes).await;
        self.settle(&mail, &carried, epoch).await
    }

    async fn settle(&mut self, mail: &[Mail], carried: &Carried, epoch: Epoch) -> Result<Round> {
        let taken = carried.taken.min(mail.len());
        let positions: Vec<Position> = mail[..taken].iter().map(|mail| mail.position).collect();
        self.office.acknowledge(self.owner, &positions, Some(epoch)).await?;
        self.office.tally.stage(Stage::Returned, mail.len() - taken);
        let buried = match (&carried.end, mail.get(taken)) {
            (End::Refused(why), Some(mail)) => self.refused(mail, why, epoch).await?,
            (End::Failed(why) | End::Forbidden(why), Some(_)) => {
                tracing::info!(recipient = %self.owner, %why, "an endpoint did not take its mail");
                self.turn += 1;
                false
            }
            _ => false,
        };
        Ok(if taken > 0 || buried { Round::Progress } else { Round::Stuck })
    }

    /// Counts the refusal of a message; one time too many, and it is set aside so that the next can go.
    async fn refused(&mut self, mail: &Mail, why: &str, epoch: Epoch) -> Result<bool> {
        let times = match self.refused {
            Some((position, times)) if position == mail.position => times + 1,
            _ => 1,
        };
        self.refused = Some((mail.position, times));
        if times < self.office.settings.outbound.refusals {
            return Ok(false);
        }
        let buried = self.office.clock.now();
        let letter =
            DeadLetter { owner: self.owner, mail: mail.clone(), reason: why.to_owned(), buried };
        self.office.stores.dead_letters.bury(&letter).await?;
        self.office.stores.mailbox.acknowledge(self.owner, &[mail.position], Some(epoch)).await?;
        self.office.tally.stage(Stage::Buried, 1);
        tracing::warn!(recipient = %self.owner, %why, "an endpoint refused a message for good, it is a dead letter now");
        Ok(true)
    }
}

/// The envelopes as they travel to this endpoint: wrapped for its mediators, if it has any.
fn wrapped(mail: &[Mail], who: &Correspondent, endpoint: &PeerEndpoint) -> Vec<Bytes> {
    mail.iter()
        .map(|mail| match endpoint.routing_keys.is_empty() {
            true => mail.envelope.clone(),
            false => wrap(mail, who.connection.their_keys[0], &endpoint.routing_keys),
        })
        .collect()
}
