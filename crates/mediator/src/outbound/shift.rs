//! One shift of a postman: it claims an agent, carries its mail until none is left, and gives the claim back.

use std::sync::Arc;

use store::{Epoch, Manner, Notice, Position, RecipientId, Result, StoreError, Watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::STORE_AWAY;
use super::backoff::Backoff;
use super::round::Round;
use crate::Mediator;
use crate::chance::{self, Chance};
use crate::farewells::Farewell;

/// Carries the mail of one agent.
pub(super) struct Postman {
    pub(super) office: Arc<Mediator>,
    pub(super) owner: RecipientId,
    /// Which of the agent's endpoints is tried next.
    pub(super) turn: usize,
    /// The message that was refused last, and how often.
    pub(super) refused: Option<(Position, u32)>,
    /// Whether mail may be in its hands between two rounds.
    pub(super) holds_mail: bool,
    pub(super) backoff: Backoff,
}

/// How a shift ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// There is no mail left.
    Emptied,
    /// Nothing is left to do: no mail, no endpoint, or somebody else does it.
    Done,
    /// Mail came at the last moment, or the engine forgot that we are there.
    Again,
}

impl Postman {
    pub fn new(office: Arc<Mediator>, owner: RecipientId) -> Self {
        let backoff =
            Backoff::new(&office.settings.outbound, Chance::seeded(chance::seed(owner, 0)));
        Self { office, owner, turn: 0, refused: None, holds_mail: false, backoff }
    }

    /// Serves the agent, unless somebody who is alive does: its own socket, or another instance's postman.
    ///
    /// The claim is held while the endpoint is left alone after a failure, so that no other instance bothers it meanwhile.
    pub async fn shift(&mut self, stop: &CancellationToken) -> Result<Over> {
        let (presence, now) = (&self.office.stores.presence, self.office.clock.now());
        let claimed = presence.claim_vacant(self.owner, &self.office.postman, now).await?;
        let Some(epoch) = claimed else { return Ok(Over::Done) };
        let over = match self.office.stores.mailbox.watch(self.owner, epoch, Manner::ALONE).await {
            Ok(mut watch) => Ok(self.rounds(epoch, &mut watch, stop).await),
            Err(StoreError::Displaced) => Ok(Over::Done),
            Err(error) => Err(error),
        };
        self.hand_back(epoch).await;
        match over? {
            Over::Emptied => self.look_back().await,
            over => Ok(over),
        }
    }

    /// Whoever appended while we were there rang us and sent nobody, and what rings can get lost.
    async fn look_back(&self) -> Result<Over> {
        let left = self.office.stores.mailbox.depth(self.owner, None).await?;
        Ok(if left.messages > 0 { Over::Again } else { Over::Done })
    }

    async fn rounds(&mut self, epoch: Epoch, watch: &mut Watch, stop: &CancellationToken) -> Over {
        while !stop.is_cancelled() {
            let wait = match self.round(epoch, stop).await {
                Ok(Round::Emptied) => return Over::Emptied,
                Ok(Round::NoEndpoint) => break,
                Ok(Round::Progress) => {
                    self.backoff.reset();
                    continue;
                }
                Ok(Round::Stuck) => self.backoff.next(),
                Err(StoreError::Displaced) if watch.try_next() != Some(Notice::Displaced) => {
                    return Over::Again;
                }
                Err(StoreError::Displaced) => break,
                Err(error) => {
                    tracing::warn!(%error, "mail for an endpoint could not be read");
                    self.backoff.about(STORE_AWAY)
                }
            };
            tokio::select! { biased;
                () = sleep(wait) => {}
                () = displaced(watch) => break,
                () = stop.cancelled() => break,
            }
        }
        Over::Done
    }

    /// What was leased and not carried is available at once.
    async fn hand_back(&mut self, epoch: Epoch) {
        self.holds_mail = false;
        let linger = self.office.clock.now();
        let farewell = Farewell { owner: self.owner, epoch, on_request: None, linger };
        self.office.part(farewell).await;
    }
}

async fn displaced(watch: &mut Watch) {
    while watch.next().await != Notice::Displaced {}
}
