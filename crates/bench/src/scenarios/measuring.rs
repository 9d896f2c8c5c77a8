//! Phases are measured, and rounds become a report.

use std::time::Duration;

use tokio::time::Instant;

use super::Setting;
use super::course::Course;
use crate::ledger::{Ledger, Round};
use crate::process::Used;
use crate::report::timing::Stopwatch;
use crate::report::{FORMAT, Faults, Held, Phase, Report, Timing, Usage, median};
use crate::trouble::Trouble;

/// What was used when a phase began.
pub(super) struct Begun {
    at: Instant,
    used: Used,
}

impl Begun {
    /// How long ago.
    pub fn elapsed(&self) -> Duration {
        self.at.elapsed()
    }

    /// How long before this moment.
    fn until(&self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.at)
    }
}

impl Setting {
    /// A phase begins.
    pub fn begin(&self) -> Begun {
        Begun { at: Instant::now(), used: self.watched.used() }
    }

    /// A phase is over, in which so many were done in so much time. What was used until now counts.
    pub fn finish(
        &self,
        begun: &Begun,
        lasted: Duration,
        (name, unit): (&str, &str),
        count: u64,
        timings: Vec<Timing>,
    ) -> Phase {
        let seconds = lasted.as_secs_f64();
        let used = self.watched.used().since(begun.used);
        let per_1000 = |seconds: f64| seconds * 1e3 / (count.max(1) as f64);
        let is_watched = !self.watched.is_empty();
        let usage = Usage {
            server_cpu_seconds: is_watched.then_some(used.servers),
            server_cpu_seconds_per_1000: (is_watched && count > 0).then(|| per_1000(used.servers)),
            server_resident_mb: is_watched.then(|| self.watched.resident()),
            own_cpu_seconds: used.own,
            own_cpu_seconds_per_1000: per_1000(used.own),
        };
        Phase {
            name: name.to_owned(),
            unit: unit.to_owned(),
            count: count as f64,
            seconds,
            per_second: if seconds > 0.0 { count as f64 / seconds } else { 0.0 },
            timings,
            usage,
        }
    }

    /// Rounds become a report.
    pub fn report(
        &self,
        rounds: Vec<Vec<Phase>>,
        faults: Faults,
        held: Vec<Held>,
    ) -> Result<Report, Trouble> {
        let interrupted = self.stop.is_cancelled();
        if rounds.is_empty() && interrupted {
            return Err(Trouble::Interrupted);
        }
        Ok(Report {
            format: FORMAT,
            label: self.plan.label.clone(),
            scenario: self.plan.scenario.name().to_owned(),
            started: self.plan.started,
            plan: self.plan.words().into_iter().collect(),
            median: median::of_rounds(&rounds),
            rounds,
            faults,
            held,
            interrupted,
        })
    }
}

impl Course<'_> {
    /// A phase in which messages of this round were delivered is over. It lasted as long as the writing, or until the last message came.
    pub fn delivered(&self, begun: &Begun, wrote: Duration, name: &str, round: Round) -> Phase {
        let last = self.ledger.last_arrival(round).map(|last| begun.until(last));
        let (lasted, count) = (wrote.max(last.unwrap_or_default()), arrived(&self.ledger, round));
        self.setting.finish(begun, lasted, (name, "message"), count, timings(&self.ledger, round))
    }
}

/// From when a message was meant to be posted until it arrived, and until it was accepted; how far the senders were behind.
/// What was delivered later than its wallet's socket would have allowed is kept apart.
pub(super) fn timings(ledger: &Ledger, round: Round) -> Vec<Timing> {
    let mut delivery = Stopwatch::new("delivery");
    let mut absence = Stopwatch::new("delivery after absence");
    let mut acceptance = Stopwatch::new("acceptance");
    let mut lag = Stopwatch::new("senders behind schedule");
    ledger.each(round, |mail| {
        if mail.arrived > 0 {
            let watch = if mail.live { &mut delivery } else { &mut absence };
            watch.note(mail.arrived.saturating_sub(mail.due));
        }
        if mail.accepted > 0 {
            acceptance.note(mail.accepted.saturating_sub(mail.due));
        }
        // In a closed loop nothing is due before it is posted.
        if mail.posted > mail.due {
            lag.note(mail.posted - mail.due);
        }
    });
    [delivery, acceptance, absence, lag].iter().filter_map(Stopwatch::read).collect()
}

/// Messages of a round that arrived.
fn arrived(ledger: &Ledger, round: Round) -> u64 {
    let mut count = 0;
    ledger.each(round, |mail| count += u64::from(mail.arrived > 0));
    count
}

/// Messages of a round that were accepted.
pub(super) fn accepted(ledger: &Ledger, round: Round) -> u64 {
    let mut count = 0;
    ledger.each(round, |mail| count += u64::from(mail.accepted > 0));
    count
}
