//! What was said on a socket before it had ended, and is heard afterwards.

use std::sync::Arc;

use protocols::Command;

use crate::read::Incoming;
use crate::{Answer, Mediator};

impl Mediator {
    /// Does what an envelope wants, as [`Mediator::post`], but for handing out mail: nobody hears the answer, and mail that went out with it
    /// would be kept from its wallet until that lease ends.
    pub(crate) async fn hear_late(self: &Arc<Self>, envelope: &[u8]) -> Answer {
        match self.read(envelope, &|_| None).await {
            Ok(Incoming::Request { inbound, .. }) if asks_for_mail(&inbound.command) => {
                Answer::Accepted
            }
            read => self.answer_to(read, envelope.len()).await,
        }
    }
}

fn asks_for_mail(command: &Command) -> bool {
    use Command as C;
    matches!(
        command,
        C::DeliveryRequest { .. }
            | C::BatchPickup { .. }
            | C::ListPickup { .. }
            | C::Noop
            | C::Ping { .. }
    )
}
