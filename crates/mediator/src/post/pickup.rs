//! Mail handed out in an answer (RFC 0212, RFC 0685).

use std::sync::Arc;
use std::time::Duration;

use protocols::{Head, KeyFilter, Reply};
use store::{Holder, Mail, Position, RecipientId, StoreError};

use super::wants_reply;
use crate::commands::{Handout, Unkept, attached};
use crate::ids::random_u64;
use crate::{Answer, Mediator, Receipt, Stage};

impl Mediator {
    pub(super) async fn status_reply(
        &self,
        owner: RecipientId,
        key: Option<&KeyFilter>,
    ) -> Result<Reply<'static>, StoreError> {
        Ok(Reply::Status(self.status(owner, key, false).await?))
    }

    /// Mail that stays until it is acknowledged, and is offered again soon.
    pub(super) async fn delivery_reply(
        &self,
        owner: RecipientId,
        limit: usize,
        key: Option<&KeyFilter>,
    ) -> Result<Reply<'static>, StoreError> {
        let handout = Handout::request(self.settings.pace.delivery_lease);
        let mail = self.hand_out(owner, limit, key, handout).await?;
        if mail.is_empty() {
            return Ok(Reply::NothingWaiting(self.status(owner, key, false).await?));
        }
        Ok(Reply::Delivery { items: attached(&mail), key: key.cloned() })
    }

    /// Mail that the wallet cannot acknowledge: in flight until the transport knows its fate.
    pub(super) async fn batch_reply(
        self: &Arc<Self>,
        owner: RecipientId,
        size: usize,
    ) -> Result<(Reply<'static>, Option<Receipt>), StoreError> {
        let handout = Handout::request(self.settings.pace.request_lease);
        let mail = self.hand_out(owner, size, None, handout).await?;
        let receipt = self.receipt(owner, handout.holder, &mail);
        Ok((Reply::Batch(attached(&mail)), receipt))
    }

    pub(super) async fn list_reply(
        self: &Arc<Self>,
        owner: RecipientId,
        ids: &[String],
    ) -> Result<(Reply<'static>, Option<Receipt>), StoreError> {
        let mail = self.hand_out_listed(owner, ids).await?;
        let receipt = self.receipt(owner, Holder::Request(random_u64()), &mail);
        Ok((Reply::Listed(attached(&mail)), receipt))
    }

    /// A noop or ping that asks for a return route fetches one waiting envelope, as it is.
    pub(super) async fn poll(
        self: &Arc<Self>,
        owner: RecipientId,
        head: &Head,
    ) -> Result<Answer, Unkept> {
        if !wants_reply(head) {
            return Ok(Answer::Accepted);
        }
        let handout = Handout::request(self.settings.pace.request_lease);
        let mail = self.hand_out(owner, 1, None, handout).await?;
        let receipt = self.receipt(owner, handout.holder, &mail);
        Ok(match mail.into_iter().next() {
            Some(mail) => Answer::Reply { envelope: mail.envelope, receipt },
            None => Answer::Accepted,
        })
    }

    fn receipt(
        self: &Arc<Self>,
        owner: RecipientId,
        holder: Holder,
        mail: &[Mail],
    ) -> Option<Receipt> {
        if mail.is_empty() {
            return None;
        }
        let office = self.clone();
        let positions: Vec<Position> = mail.iter().map(|mail| mail.position).collect();
        Some(Receipt::new(move |taken| async move {
            if taken {
                // It stays in the hands of this request meanwhile, and is handed over again when that lease runs out.
                let until = office.clock.now() + office.settings.patience.for_store;
                let acknowledge = || office.acknowledge(owner, &positions, None);
                if let Err(error) = office.patiently(until, acknowledge).await {
                    tracing::warn!(%error, "mail that was taken could not be removed, it will be handed over again");
                }
            } else {
                office.tally.stage(Stage::Returned, positions.len());
                let _ = office.stores.mailbox.release(owner, holder, Duration::ZERO).await;
            }
        }))
    }
}
