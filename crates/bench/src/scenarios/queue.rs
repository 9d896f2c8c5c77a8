//! Wallets are away while they are written to, then come all at once and drain their mailboxes.

use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::Setting;
use super::course::Course;
use super::measuring::{accepted, timings};
use crate::ledger::Round;
use crate::progress::Bar;
use crate::report::timing::Stopwatch;
use crate::report::{Phase, Report};
use crate::sending::{End, Through, steady};
use crate::trouble::Trouble;

pub(super) async fn run(setting: &Setting) -> Result<Report, Trouble> {
    let mut course = Course::start(setting).await?;
    if !setting.plan.warm_up.is_zero() {
        warm_up(&course).await?;
    }
    for round in 1..=setting.plan.rounds {
        if setting.stop.is_cancelled() {
            break;
        }
        let mut phases = vec![accept(&course, round).await];
        if !setting.stop.is_cancelled() {
            phases.extend(drain(&course).await?);
        }
        course.end_round(phases);
    }
    course.report()
}

async fn warm_up(course: &Course<'_>) -> Result<(), Trouble> {
    let end = End::After(course.setting.plan.warm_up);
    course.write(("warming up", 0), Through::Accepted, end, steady).await;
    drain(course).await.map(drop)
}

async fn accept(course: &Course<'_>, round: Round) -> Phase {
    let setting = course.setting;
    let end = End::Messages(u64::from(setting.plan.wallets) * u64::from(setting.plan.messages));
    course.senders.prepare(setting.plan.pace, end, steady).await;
    let begun = setting.begin();
    let lasted = course.write(("accepting", round), Through::Accepted, end, steady).await;
    let count = accepted(&course.ledger, round);
    setting.finish(&begun, lasted, ("accept", "message"), count, timings(&course.ledger, round))
}

/// All wallets come at once. Nothing if nobody had mail, or somebody had enough.
async fn drain(course: &Course<'_>) -> Result<Option<Phase>, Trouble> {
    let setting = course.setting;
    let before = course.ledger.arrived_count();
    let (bar, begun) = (Bar::new("draining", course.wallets.len() as u64), setting.begin());
    let (wallets, troubles) = (Mutex::new(Stopwatch::new("mailbox empty")), Mutex::new(Vec::new()));
    let draining = join_all(course.wallets.iter().map(|wallet| async {
        let started = Instant::now();
        match course.listener(wallet).drain().await {
            Ok(()) => wallets.lock().note(started.elapsed().as_micros() as u64),
            Err(trouble) => troubles.lock().push(trouble),
        }
        bar.advance();
    }));
    tokio::select! {
        _ = draining => {}
        () = setting.stop.cancelled() => {}
    }
    let (count, lasted) = (course.ledger.arrived_count() - before, begun.elapsed());
    for trouble in troubles.into_inner() {
        if count == 0 {
            return Err(trouble);
        }
        course.ledger.noted(&trouble.to_string());
    }
    let timings = wallets.into_inner().read().into_iter().collect();
    Ok((count > 0).then(|| setting.finish(&begun, lasted, ("drain", "message"), count, timings)))
}
