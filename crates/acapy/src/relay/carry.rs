//! From the lists of plug-ins that mediate to those of agents.
//!
//! A plug-in in `mediator_mode` pushes what it forwards to `<outbound topic>_<key>`, and assigns the key to an instance as a relay would. Where
//! its outbound topic is the inbound topic of the next agents, that is all. Where it has its usual name, nobody reads these lists: what
//! lies there is carried over to the key's inbound list, as if it had been posted here.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use redis::cmd;
use store::{Result, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::intake::{Intake, Taken, Way};
use crate::lists::{self, Seen};
use crate::turn::take_turn;
use crate::wire::{Inbound, TransportType};

/// Keys that are looked at together.
const TOGETHER: usize = 64;

/// For each key on top of the usual wait between two looks.
const FOR_EACH_KEY: Duration = Duration::from_micros(100);

/// Carries over until `stop`, one relay at a time.
pub(super) async fn carry(intake: &Intake, me: &str, stop: &CancellationToken) {
    let mut complained = false;
    while !stop.is_cancelled() {
        let looked = stop.run_until_cancelled(look(intake, me)).await;
        if let Some(Err(error)) = &looked
            && !complained
        {
            tracing::warn!(%error, "what mediators have pushed cannot be carried over; trying on");
        }
        complained = matches!(looked, Some(Err(_)));
        let keys = u32::try_from(intake.board.keys()).unwrap_or(u32::MAX);
        let rest = intake.options.look_every / 4 + FOR_EACH_KEY.saturating_mul(keys);
        let _ = stop.run_until_cancelled(sleep(rest)).await;
    }
}

async fn look(intake: &Intake, me: &str) -> Result<()> {
    let turn = intake.options.names.own("carrier");
    if !take_turn(&intake.redis, &turn, me).await? {
        return Ok(());
    }
    let each = intake.board.kids().into_iter().map(|kid| carry_key(intake, kid));
    let mut carried = stream::iter(each).buffer_unordered(TOGETHER);
    while let Some(outcome) = carried.next().await {
        outcome?;
    }
    Ok(())
}

/// Carries over what lies there for a key, in its order.
async fn carry_key(intake: &Intake, kid: String) -> Result<()> {
    let list = intake.options.names.outbound_of(&kid);
    let length: Result<u64> = intake.redis.command(&list, cmd("LLEN").arg(&list)).await;
    match length {
        Ok(0) => return Ok(()),
        // Something that is no list is none of a mediator.
        Err(StoreError::Damaged(_)) => return Ok(()),
        length => length?,
    };
    let largest = intake.options.limits.envelope_bytes.saturating_mul(2);
    loop {
        let seen = lists::peek(&intake.redis, &list, largest).await?;
        if seen.is_empty() {
            return Ok(());
        }
        for seen in seen {
            if !carry_one(intake, &seen).await {
                return Ok(());
            }
            // Somebody else has taken it: what is behind it is looked at anew.
            if lists::behead(&intake.redis, &list, &[seen]).await? == 0 {
                break;
            }
        }
    }
}

/// Whether an entry is done with: kept, or never to be.
async fn carry_one(intake: &Intake, seen: &Seen) -> bool {
    let inbound = seen.entry.as_deref().and_then(|entry| Inbound::from_bytes(entry).ok());
    let Some(inbound) = inbound else {
        intake.count_junk();
        return true;
    };
    // Who carried it before may have died before it was removed here.
    let way = Way { transport: TransportType::Http, txn_id: None, again: true };
    match intake.take(&inbound.payload, way).await {
        Taken::Kept => true,
        Taken::Refused(mediator::Refusal::MailboxFull) | Taken::Away => false,
        Taken::Refused(refusal) => {
            tracing::warn!(?refusal, "what a mediator has pushed is not taken");
            true
        }
    }
}
