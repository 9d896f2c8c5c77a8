//! What is right with a configuration and its surroundings, what could be better, and what has to be changed.

mod deliverer;
mod descriptors;
mod dock;
mod queues;
mod relay;
mod stores;
mod surroundings;

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use config::Config;
use transport::{Errand, Headers, HttpWsCarrier};

/// How long somebody who has to be there may take to show that he is.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be.
    Good(String),
    /// It works, but an operator should know this.
    Advice(String),
    /// A mediator would not start, or would fail its users; the text says what to change.
    Wrong(String),
}

/// Findings, each under the thing it is about.
#[derive(Debug, Default)]
pub struct Report(Vec<(&'static str, Finding)>);

impl Report {
    fn good(&mut self, about: &'static str, text: impl Into<String>) {
        self.0.push((about, Finding::Good(text.into())));
    }

    fn advice(&mut self, about: &'static str, text: impl Into<String>) {
        self.0.push((about, Finding::Advice(text.into())));
    }

    fn wrong(&mut self, about: &'static str, text: impl Into<String>) {
        self.0.push((about, Finding::Wrong(text.into())));
    }

    /// How many things have to be changed.
    pub fn wrongs(&self) -> usize {
        self.0.iter().filter(|(_, finding)| matches!(finding, Finding::Wrong(_))).count()
    }

    /// A line for each finding.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (about, finding) in &self.0 {
            let (verdict, text) = match finding {
                Finding::Good(text) => ("ok", text),
                Finding::Advice(text) => ("advice", text),
                Finding::Wrong(text) => ("WRONG", text),
            };
            let _ = writeln!(out, "{verdict:7} {about:13} {text}");
        }
        out
    }
}

/// Looks at everything that a relay needs.
pub async fn examine_relay(config: &Config) -> Report {
    let mut report = Report::default();
    surroundings::tls(config, &mut report);
    descriptors::limit(config, &mut report);
    queues::examine(config, &mut report).await;
    relay::examine(config, &mut report).await;
    report
}

/// Looks at everything that a deliverer needs.
pub async fn examine_deliverer(config: &Config) -> Report {
    let mut report = Report::default();
    queues::examine(config, &mut report).await;
    deliverer::examine(config, &mut report).await;
    report
}

/// Looks at everything that a dock needs.
pub async fn examine_dock(config: &Config) -> Report {
    let mut report = Report::default();
    surroundings::tls(config, &mut report);
    descriptors::limit(config, &mut report);
    dock::examine(config, &mut report).await;
    report
}

/// Looks at everything without starting anything. Engines are connected to, and given their tables if they have none.
pub async fn examine(config: &Config) -> Report {
    let mut report = Report::default();
    surroundings::secrets(config, &mut report);
    surroundings::public_url(config, &mut report);
    descriptors::limit(config, &mut report);
    stores::examine(config, &mut report).await;
    report
}

/// Any answer shows that somebody is there.
async fn ask(about: &'static str, url: &str, carrier: &HttpWsCarrier, report: &mut Report) {
    let errand = Errand {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Headers::default(),
        body: Bytes::new(),
        answer_bytes: 1 << 20,
    };
    match carrier.run(errand).await {
        Ok(_) => report.good(about, format!("{url} answers")),
        Err(why) => report.wrong(about, format!("{url} does not answer: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_line_for_each_finding_and_counts_what_is_wrong() {
        let mut report = Report::default();
        report.good("store", "is there");
        report.advice("clock", "is late");
        report.wrong("public url", "is missing");
        assert_eq!(report.wrongs(), 1);
        assert_eq!(
            report.text(),
            "ok      store         is there\nadvice  clock         is late\nWRONG   public url    is missing\n"
        );
    }
}
