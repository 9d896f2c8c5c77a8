//! Retries that the deliverer which the plug-in came with has left behind.

use std::time::Duration;

use redis::cmd;
use store::Result;
use store_redis::Redis;
use tokio_util::sync::CancellationToken;

use super::tally::Tally;
use crate::turn::take_turn;
use crate::wire::Names;

const WHAT: &str = "retries left behind";
const EVERY: Duration = Duration::from_secs(1);
const AT_A_TIME: usize = 64;

/// Puts what is due back to the list, until it is told to stop.
pub(super) async fn adopt(
    redis: Redis,
    names: Names,
    instance: String,
    tally: &Tally,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        match adopt_due(&redis, &names, &instance).await {
            Ok(()) => tally.looked(WHAT),
            Err(error) => tally.failed(WHAT, &error),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Both keys lie in different slots: what happens in between comes twice, and is not lost. So one deliverer does it at a time.
async fn adopt_due(redis: &Redis, names: &Names, instance: &str) -> Result<()> {
    let (from, to) = (names.outbound_retry(), names.outbound());
    let turn = Names::beside(&from, "adopter");
    let now = redis.time().await?.0 / 1_000;
    let mut look = cmd("ZRANGEBYSCORE");
    look.arg(&from).arg(0).arg(now).arg("LIMIT").arg(0).arg(AT_A_TIME);
    for entry in redis.command::<Vec<Vec<u8>>>(&from, &look).await? {
        if !take_turn(redis, &turn, instance).await? {
            break;
        }
        redis.command::<u64>(&to, cmd("RPUSH").arg(&to).arg(&entry)).await?;
        redis.command::<u64>(&from, cmd("ZREM").arg(&from).arg(&entry)).await?;
    }
    Ok(())
}
