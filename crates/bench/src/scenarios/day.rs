//! Wallets come and go, and are written to in bursts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use simulated::Random;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Setting;
use super::course::Course;
use crate::ledger::Round;
use crate::report::{Phase, Report};
use crate::sending::{End, Through};
use crate::trouble::Trouble;
use crate::wallet::Wallet;

/// How many milliseconds a wallet stays, and stays away.
const STAYS: std::ops::Range<usize> = 2_000..10_000;
const IS_AWAY: std::ops::Range<usize> = 500..5_000;

/// Every so many seconds, for one second, so many times the usual rate.
const BURST_EVERY: u64 = 10;
const BURST: f64 = 5.0;

pub(super) async fn run(setting: &Setting) -> Result<Report, Trouble> {
    let mut course = Course::start(setting).await?;
    for round in 1..=setting.plan.rounds {
        if setting.stop.is_cancelled() {
            break;
        }
        let phase = day(&course, round).await?;
        course.end_round(vec![phase]);
    }
    course.report()
}

async fn day(course: &Course<'_>, round: Round) -> Result<Phase, Trouble> {
    let setting = course.setting;
    let end = End::After(setting.plan.duration);
    course.senders.prepare(setting.plan.pace, end, burst).await;
    let (begun, evening) = (setting.begin(), CancellationToken::new());
    let mut random = Random::seeded(setting.seed);
    let wallets = course.wallets.iter();
    let coming = wallets.map(|it| come_and_go(course, it, random.fork(), evening.clone()));
    let writing = async {
        let wrote = course.write(("day", round), Through::Accepted, end, burst).await;
        evening.cancel();
        wrote
    };
    let (_, wrote) = tokio::join!(join_all(coming), writing);
    match course.go_live(&course.wallets).await {
        Ok(listening) => {
            course.settle().await;
            listening.end().await;
        }
        Err(Trouble::Interrupted) => {}
        Err(trouble) => return Err(trouble),
    }
    Ok(course.delivered(&begun, wrote, "day", round))
}

/// Five times the rate in every tenth second.
fn burst(since: Duration) -> f64 {
    if since.as_secs() % BURST_EVERY == BURST_EVERY / 2 { BURST } else { 1.0 }
}

/// Opens a socket, stays for a while, is away for a while, until evening.
async fn come_and_go(
    course: &Course<'_>,
    wallet: &Arc<Wallet>,
    mut random: Random,
    evening: CancellationToken,
) {
    loop {
        let (listener, leave) = (course.listener(wallet), evening.child_token());
        // A mediator that does not let it in is asked again next time.
        if let Ok(line) = listener.go_live().await {
            let stays = random.millis(STAYS);
            let stay = async {
                let _ = timeout(stays, leave.cancelled()).await;
                leave.cancel();
            };
            tokio::join!(listener.listen(line, leave.clone()), stay);
        }
        if timeout(random.millis(IS_AWAY), evening.cancelled()).await.is_ok() {
            return;
        }
    }
}
