//! Message pickup 1.0, 2.0 and 4.0 (RFC 0212, RFC 0685): what is common to all doors.

use protocols::{Attached, KeyFilter, PickupStatus};
use std::time::Duration;

use store::{Demand, Epoch, Holder, Mail, Position, RecipientId, Result};

use crate::ids::random_u64;
use crate::{Mediator, Stage};

/// In whose hands mail is that was handed over on request, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handout {
    pub holder: Holder,
    pub lease: Duration,
}

impl Handout {
    /// In the hands of one request and nobody else's.
    pub fn request(lease: Duration) -> Self {
        Self { holder: Holder::Request(random_u64()), lease }
    }
}

impl Mediator {
    /// How much waits, as pickup tells it.
    pub(crate) async fn status(
        &self,
        owner: RecipientId,
        key: Option<&KeyFilter>,
        live: bool,
    ) -> Result<PickupStatus> {
        let depth = self.stores.mailbox.depth(owner, key.map(|key| &key.destination)).await?;
        Ok(PickupStatus {
            messages: depth.messages,
            bytes: depth.bytes,
            oldest_ms: depth.oldest.map(|time| time.0),
            newest_ms: depth.newest.map(|time| time.0),
            now_ms: self.clock.now().0,
            live,
            key: key.cloned(),
        })
    }

    /// The oldest mail, at most `limit` messages of it and never more than one answer should carry.
    pub(crate) async fn hand_out(
        &self,
        owner: RecipientId,
        limit: usize,
        key: Option<&KeyFilter>,
        handout: Handout,
    ) -> Result<Vec<Mail>> {
        let demand = Demand {
            key: key.map(|key| key.destination.clone()),
            ..Demand::of(limit.min(ANSWER_MESSAGES), self.settings.pace.batch_bytes)
        };
        let until = self.clock.now() + handout.lease;
        let mail = self.stores.mailbox.lease(owner, handout.holder, until, &demand).await?;
        self.tally.stage(Stage::Sent, mail.len());
        Ok(mail)
    }

    /// The wallet has these messages.
    pub(crate) async fn acknowledge(
        &self,
        owner: RecipientId,
        ids: &[Position],
        by: Option<Epoch>,
    ) -> Result<()> {
        if !ids.is_empty() {
            let removed = self.stores.mailbox.acknowledge(owner, ids, by).await?;
            self.tally.stage(Stage::Acknowledged, removed);
        }
        Ok(())
    }

    /// Those of the waiting messages that a `list-pickup` names. Only what would be handed over anyway can be named.
    pub(crate) async fn hand_out_listed(
        &self,
        owner: RecipientId,
        ids: &[String],
    ) -> Result<Vec<Mail>> {
        let wanted = positions(ids);
        let demand = Demand::of(LIST_WINDOW, self.settings.pace.batch_bytes);
        let mut mail = self.stores.mailbox.peek(owner, &demand).await?;
        mail.retain(|mail| wanted.contains(&mail.position));
        Ok(mail)
    }
}

/// Messages in one answer, whatever the wallet asks for.
const ANSWER_MESSAGES: usize = 100;

/// How far into a mailbox `list-pickup` looks.
const LIST_WINDOW: usize = 1_000;

/// The ids that are ours; others are passed over.
pub(crate) fn positions(ids: &[String]) -> Vec<Position> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

/// Mail as pickup messages carry it.
pub(crate) fn attached(mail: &[Mail]) -> Vec<Attached> {
    mail.iter()
        .map(|mail| Attached { id: mail.position.to_string(), envelope: mail.envelope.clone() })
        .collect()
}
