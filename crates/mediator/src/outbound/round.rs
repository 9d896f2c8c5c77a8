//! One round of a postman: take mail, carry it, settle.

use std::time::Duration;

use bytes::Bytes;
use store::{DeadLetter, Demand, Epoch, Holder, Mail, PeerEndpoint, Position, Result};
use tokio_util::sync::CancellationToken;

use super::shift::Postman;
use super::wrap::wrap;
use crate::directory::Correspondent;
use crate::{Carried, End, Stage};

/// What came of a round.
pub(super) enum Round {
    /// There is no mail left.
    Emptied,
    /// Some was taken; there may be more.
    Progress,
    /// The endpoint took nothing.
    Stuck,
    /// The agent has no endpoint.
    NoEndpoint,
}

/// Messages of one round.
const ROUND_MESSAGES: usize = 20;

/// Longer than carrying a whole round can take.
const ROUND_LEASE: Duration = Duration::from_secs(600);

impl Postman {
    /// Takes the oldest mail to the agent's endpoint.
    pub async fn round(&mut self, epoch: Epoch, stop: &CancellationToken) -> Result<Round> {
        let office = self.office.clone();
        let Some(who) = office.directory.by_id(self.owner).await? else {
            return Ok(Round::NoEndpoint);
        };
        if !who.has_endpoint() {
            return Ok(Round::NoEndpoint);
        }
        let Some(Ok(_place)) = stop.run_until_cancelled(office.deliveries.gate.acquire()).await
        else {
            return Ok(Round::Stuck);
        };
        self.put_back(epoch).await?;
        self.carry(&who, epoch).await
    }

    /// What could not be carried is available again, and to ourselves too.
    async fn put_back(&mut self, epoch: Epoch) -> Result<()> {
        if self.holds_mail {
            let (holder, now) = (Holder::Session(epoch), self.office.clock.now());
            let mailbox = &self.office.stores.mailbox;
            mailbox.lease(self.owner, holder, now, &Demand::NOTHING).await?;
            self.holds_mail = false;
        }
        Ok(())
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
        self.holds_mail = true;
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
        self.holds_mail = taken + usize::from(buried) < mail.len();
        self.put_back(epoch).await?;
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
