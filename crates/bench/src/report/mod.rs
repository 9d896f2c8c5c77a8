//! What came of it.

pub(crate) mod compare;
pub(crate) mod median;
pub(crate) mod plot;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod timing;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use compare::compare;
pub use plot::plot;
pub use timing::{Percentiles, Timing};

/// Everything that one run has shown. Displayed as a table; read and written as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// What the figures are called in plots and comparisons.
    pub label: String,
    /// The scenario.
    pub scenario: String,
    /// When it started, in milliseconds since 1970.
    pub started: u64,
    /// What was asked for.
    pub plan: BTreeMap<String, String>,
    /// The median of all rounds: each figure for itself.
    pub median: Vec<Phase>,
    /// Each round with its phases.
    pub rounds: Vec<Vec<Phase>>,
    /// What went wrong, in all rounds and warming up.
    pub faults: Faults,
    /// Memory of the server while sockets were opened.
    pub held: Vec<Held>,
    /// Somebody had enough before it was through.
    pub interrupted: bool,
}

/// The present version of the format.
pub(crate) const FORMAT: u32 = 1;

/// One part of a round, with its own figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// What was done.
    pub name: String,
    /// What is counted: "message", "wallet", "socket".
    pub unit: String,
    /// How many.
    pub count: f64,
    /// How long it took.
    pub seconds: f64,
    /// How many a second.
    pub per_second: f64,
    /// How long single things took.
    pub timings: Vec<Timing>,
    /// CPU and memory.
    pub usage: Usage,
}

/// What a phase cost. Figures of the server are there if its processes were named.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU seconds of the server's processes.
    pub server_cpu_seconds: Option<f64>,
    /// The same for 1,000 of what is counted.
    pub server_cpu_seconds_per_1000: Option<f64>,
    /// Their resident memory at the end, in MB.
    pub server_resident_mb: Option<f64>,
    /// CPU seconds of the benchmark itself.
    pub own_cpu_seconds: f64,
    /// The same for 1,000 of what is counted.
    pub own_cpu_seconds_per_1000: f64,
}

/// Messages that did not fare as they should.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Messages that were posted.
    pub posted: u64,
    /// Messages that the mediator took.
    pub accepted: u64,
    /// Messages that were refused, or whose post was not answered.
    pub failed: u64,
    /// Messages that arrived, each counted once.
    pub arrived: u64,
    /// Accepted, and never delivered.
    pub lost: u64,
    /// Deliveries of what had been delivered.
    pub repeated: u64,
    /// Messages that came after one that was posted when they had already been accepted.
    pub out_of_order: u64,
    /// Delivered to somebody else, or never sent by anybody.
    pub misdelivered: u64,
    /// Sockets that ended and were not ended by their wallets.
    pub sockets_lost: u64,
    /// Why posts failed, and how often.
    pub reasons: BTreeMap<String, u64>,
}

/// Memory of the server with so many sockets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Open sockets.
    pub sockets: u64,
    /// Resident memory in MB.
    pub resident_mb: f64,
}

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is no JSON, or another.
    #[error("it is no report of a benchmark: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by another version.
    #[error("it has format {0}, and this version reads {FORMAT}")]
    Format(u32),
    /// A plot cannot be drawn.
    #[error("a plot cannot be drawn: {0}")]
    Plot(String),
}

impl Report {
    /// Reads the JSON of a report.
    ///
    /// # Errors
    /// See [`ReportError`].
    pub fn read(json: &str) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_str(json)?;
        if report.format == FORMAT { Ok(report) } else { Err(ReportError::Format(report.format)) }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// Never for a report that [`crate::run`] has made.
    pub fn write(&self) -> Result<String, ReportError> {
        Ok(serde_json::to_string_pretty(self)?)
    }
}

/// So many different reasons are kept apart.
const REASONS: usize = 8;

impl Faults {
    /// One more has failed, for this reason.
    pub(crate) fn fail(&mut self, why: &str) {
        self.failed += 1;
        self.note(why);
    }

    /// Something went wrong that was no post.
    pub(crate) fn note(&mut self, why: &str) {
        if self.reasons.len() < REASONS || self.reasons.contains_key(why) {
            *self.reasons.entry(why.to_owned()).or_default() += 1;
        }
    }
}
