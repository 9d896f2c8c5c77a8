//! Wallets connect, are granted mediation and list a key. Each round has fresh ones.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::Setting;
use super::measuring::Begun;
use crate::plan::Pace;
use crate::progress::Bar;
use crate::report::timing::Stopwatch;
use crate::report::{Faults, Phase, Report};
use crate::trouble::Trouble;
use crate::wallet::Steps;

/// How long each wallet of a round took, and why some could not join.
#[derive(Default)]
struct Joined {
    steps: Mutex<Vec<(Duration, Steps)>>,
    failures: Mutex<Vec<Trouble>>,
}

pub(super) async fn run(setting: &Setting) -> Result<Report, Trouble> {
    // One wallet finds out whether it works at all.
    setting.unless_stopped(setting.join(u32::MAX)).await?;
    let (mut rounds, mut faults) = (Vec::new(), Faults::default());
    for round in 0..u32::from(setting.plan.rounds) {
        let joined = Joined::default();
        let begun = setting.begin();
        tokio::select! {
            () = join_all(setting, round, &joined) => {}
            () = setting.stop.cancelled() => {}
        }
        rounds.extend(phase(setting, &begun, &joined).map(|phase| vec![phase]));
        joined.failures.lock().iter().for_each(|why| faults.fail(&why.to_string()));
        if setting.stop.is_cancelled() {
            break;
        }
    }
    setting.report(rounds, faults, Vec::new())
}

async fn join_all(setting: &Setting, round: u32, joined: &Joined) {
    let count = setting.plan.wallets;
    let first = round * count;
    let bar = &Bar::new("joining", u64::from(count));
    match setting.plan.pace {
        Pace::Clients(clients) => {
            let due = |turn| (first + turn, None);
            let wallets = stream::iter((0..count).map(due));
            wallets.for_each_concurrent(clients, |it| joined.join(setting, it, bar)).await;
        }
        Pace::Rate(rate) => {
            let start = Instant::now();
            let due = |turn: u32| {
                (first + turn, Some(start + Duration::from_secs_f64(f64::from(turn) / rate)))
            };
            let wallets = stream::iter((0..count).map(due));
            wallets.for_each_concurrent(None, |it| joined.join(setting, it, bar)).await;
        }
    }
}

impl Joined {
    /// The wallet of this number joins, when it is due or at once.
    async fn join(&self, setting: &Setting, (number, due): (u32, Option<Instant>), bar: &Bar) {
        let due = due.unwrap_or_else(Instant::now);
        sleep_until(due).await;
        match setting.join(number).await {
            Ok((_, steps)) => self.steps.lock().push((due.elapsed(), steps)),
            Err(trouble) => self.failures.lock().push(trouble),
        }
        bar.advance();
    }
}

fn phase(setting: &Setting, begun: &Begun, joined: &Joined) -> Option<Phase> {
    let joined = joined.steps.lock();
    let mut watches = ["onboarding", "connect", "be granted", "list a key"].map(Stopwatch::new);
    for (whole, steps) in joined.iter() {
        let parts = [*whole, steps.connect, steps.grant, steps.key];
        for (watch, part) in watches.iter_mut().zip(parts) {
            watch.note(part.as_micros() as u64);
        }
    }
    let timings = watches.iter().filter_map(Stopwatch::read).collect();
    let count = joined.len() as u64;
    (count > 0)
        .then(|| setting.finish(begun, begun.elapsed(), ("onboarding", "wallet"), count, timings))
}
