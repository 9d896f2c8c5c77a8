//! One shift of a postman: it claims an agent, carries its mail until none is left, and gives the claim back.

use std::sync::Arc;
use std::time::Duration;

use store::{Epoch, Manner, Notice, Position, RecipientId, Result, StoreError, Watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::STORE_AWAY;
use super::backoff::Backoff;
use super::round::Round;
use crate::Mediator;
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
    backoff: Backoff,
}

/// How a shift ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Nothing is left to do: no mail, no endpoint, or somebody else does it.
    Done,
    /// Mail came at the last moment, or the engine forgot that we are there.
    Again,
}

impl Postman {
    pub fn new(office: Arc<Mediator>, owner: RecipientId) -> Self {
        let backoff = Backoff::new(&office.settings.outbound);
        Self { office, owner, turn: 0, refused: None, holds_mail: false, backoff }
    }

    /// Serves the agent, unless somebody who is alive does: its own socket, or another instance's postman.
    ///
    /// The claim is held while the endpoint is left alone after a failure, so that no other instance bothers it meanwhile.
    pub async fn shift(&mut self, stop: &CancellationToken) -> Result<Over> {
        let (presence, now) = (&self.office.stores.presence, self.office.clock.now());
        let claimed = presence.claim_vacant(self.owner, &self.office.postman, now).await?;
        let Some(epoch) = claimed else { return Ok(Over::Done) };
        let watched = self.office.stores.mailbox.watch(self.owner, epoch, Manner::ALONE).await;
        let over = match watched {
            Ok(mut watch) => {
                let over = self.rounds(epoch, &mut watch, stop).await;
                self.hand_back(epoch).await;
                // Whoever appended before that rang us, and whoever did after sends a postman.
                return Ok(if watch.try_next() == Some(Notice::Mail) { Over::Again } else { over });
            }
            Err(StoreError::Displaced) => Ok(Over::Done),
            Err(error) => Err(error),
        };
        self.hand_back(epoch).await;
        over
    }

    async fn rounds(&mut self, epoch: Epoch, watch: &mut Watch, stop: &CancellationToken) -> Over {
        while !stop.is_cancelled() {
            let wait = match self.round(epoch, stop).await {
                Ok(Round::Emptied | Round::NoEndpoint) => break,
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
                    self.a_while(STORE_AWAY)
                }
            };
            tokio::select! {
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

    /// About this long, but not for all postmen the same.
    pub fn a_while(&self, span: Duration) -> Duration {
        span.mul_f64(0.5 + f64::from(self.owner.0[0]) / 256.0)
    }
}

async fn displaced(watch: &mut Watch) {
    while watch.next().await != Notice::Displaced {}
}
