//! What the mediator does when it is asked. A file per concern; how the answer travels is not decided here.

mod features;
mod forward;
mod handshake;
mod mediation;
mod pickup;

use protocols::{Command, Inbound, Problem, Reply};
use store::Result;

use crate::Mediator;
use crate::directory::Correspondent;

pub(crate) use forward::{STORE_POLL, Unkept, too_many};
pub(crate) use handshake::Welcome;
pub(crate) use pickup::{Handout, attached, positions};

impl Mediator {
    /// Obeys a command whose effect does not depend on the way it came. `None` if nothing is to be said, or if it is a
    /// pickup command, which the doors serve themselves.
    pub(crate) async fn obey(
        &self,
        by: &Correspondent,
        inbound: &Inbound,
    ) -> Result<Option<Reply<'static>>> {
        Ok(match &inbound.command {
            Command::Reuse => Some(Reply::ReuseAccepted),
            Command::MediateRequest => Some(self.grant_or_deny(by).await?),
            Command::KeylistUpdate(updates) => Some(self.update_keylist(by, updates).await?),
            Command::KeylistQuery(page) => Some(self.list_keys(by, *page).await?),
            Command::Ping { response_requested: true } => Some(Reply::Pong),
            Command::Features(queries) => Some(features::disclose(queries)),
            Command::Connect(_) => Some(Reply::Problem(Problem::REQUEST_NOT_ACCEPTED)),
            _ => None,
        })
    }

    /// Words for a reply, unsealed.
    pub(crate) fn phrase(&self, inbound: &Inbound, reply: &Reply<'_>) -> Vec<u8> {
        if matches!(reply, Reply::Problem(_)) {
            self.tally.problem();
        }
        inbound.dialect.encode(reply, Some(&inbound.head), &self.ids.next())
    }
}
