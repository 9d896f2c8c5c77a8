use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use mediator::Refusal;
use store::{Result, StoreError};
use store_redis::{Redis, Script};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use super::RelayOptions;
use super::addressees::Addressees;
use super::assign::{Board, RedisMaps};
use super::known::KnownKeys;
use super::tally::{Count, Tally};
use crate::streams::{InboundStreams, Kept};
use crate::wire::{Inbound, TransportType};

static PUSH: LazyLock<Script> =
    LazyLock::new(|| Script::new("push", include_str!("scripts/push.lua")));

/// Between two tries to reach Redis.
const BREATH: Duration = Duration::from_millis(100);

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It lies in the list of its key.
    Kept,
    /// It is not taken.
    Refused(Refusal),
    /// Redis is away, or the keys of agents cannot be learned.
    Away,
}

/// How an envelope came.
#[derive(Debug)]
pub(crate) struct Way {
    pub transport: TransportType,
    /// What its answer is to be marked with, if one is waited for.
    pub txn_id: Option<String>,
    /// It may have been kept already.
    pub again: bool,
}

impl Way {
    /// From a peer.
    pub fn of(transport: TransportType, txn_id: Option<String>) -> Self {
        Self { transport, txn_id, again: false }
    }
}

/// Puts what comes into the lists.
pub(crate) struct Intake {
    pub redis: Redis,
    pub maps: RedisMaps,
    pub board: Arc<Board>,
    pub known: Option<KnownKeys>,
    pub streams: Option<InboundStreams>,
    pub options: RelayOptions,
    pub tally: Arc<Tally>,
    pub held: Semaphore,
}

impl Intake {
    /// Takes one envelope in.
    pub async fn take(&self, envelope: &[u8], way: Way) -> Taken {
        let taken = self.judge(envelope, way).await;
        self.tally.add(match taken {
            Taken::Kept => Count::Kept,
            Taken::Refused(Refusal::UnknownRecipient) => Count::UnknownKeys,
            Taken::Refused(Refusal::MailboxFull) => Count::ListsFull,
            Taken::Refused(_) => Count::NotEnvelopes,
            Taken::Away => Count::Away,
        });
        taken
    }

    /// Counts what is no envelope.
    pub fn count_junk(&self) {
        self.tally.add(Count::NotEnvelopes);
    }

    async fn judge(&self, envelope: &[u8], way: Way) -> Taken {
        let Ok(addressees) = Addressees::of(envelope, &self.options.limits) else {
            return Taken::Refused(Refusal::NotAnEnvelope);
        };
        let Ok(_place) = self.held.try_acquire() else { return Taken::Away };
        let deadline = Instant::now() + self.options.store_patience;
        match timeout_at(deadline, self.is_welcome(&addressees)).await {
            Ok(Some(true)) => {}
            Ok(Some(false)) => return Taken::Refused(Refusal::UnknownRecipient),
            Ok(None) | Err(_) => return Taken::Away,
        }
        let payload = Bytes::copy_from_slice(envelope);
        let message = Inbound { payload, transport_type: Some(way.transport), txn_id: way.txn_id };
        self.keep(&addressees.kid, &message, (way.again, deadline)).await
    }

    /// Whether mail for these is taken; `None` if that cannot be told.
    async fn is_welcome(&self, addressees: &Addressees) -> Option<bool> {
        if let Some(known) = &self.known
            && !known.know_one_of(&addressees.keys).await.ok()?
        {
            return Some(false);
        }
        let has_place = self.board.keys() < self.options.most_keys;
        Some(has_place || self.board.owner(&addressees.kid).is_some())
    }

    async fn keep(
        &self,
        kid: &str,
        message: &Inbound,
        (mut again, deadline): (bool, Instant),
    ) -> Taken {
        let entry = message.to_bytes();
        loop {
            let kept = match &self.streams {
                Some(streams) => streams.append(kid, message).await.map(|kept| kept == Kept::Yes),
                None => self.put_into_list(kid, &entry, again).await,
            };
            match kept {
                Ok(true) => return Taken::Kept,
                Ok(false) => return Taken::Refused(Refusal::MailboxFull),
                Err(StoreError::Unavailable(_)) if Instant::now() < deadline => sleep(BREATH).await,
                Err(error) => {
                    tracing::warn!(%error, "a message could not be kept");
                    return Taken::Away;
                }
            }
            again = true;
        }
    }

    /// Whether there was room. Mail for a key without an instance is kept all the same: as soon as there is one, it gets the key.
    async fn put_into_list(&self, kid: &str, entry: &[u8], again: bool) -> Result<bool> {
        let owner = self.board.owner(kid);
        match &owner {
            // Only relays of another kind look at the count: it is not worth a message.
            Some(uid) => drop(self.maps.count_pending(kid, uid).await),
            None => self.maps.remember_unassigned(kid).await?,
        }
        let list = self.options.names.inbound(kid);
        let call =
            PUSH.on(&[list]).arg(entry).arg(self.options.most_messages).arg(i32::from(again));
        let had_room: bool = self.redis.call(call).await?;
        if owner.is_none() {
            self.board.announce(kid);
        }
        Ok(had_room)
    }
}
