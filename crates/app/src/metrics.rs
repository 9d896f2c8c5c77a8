//! The counters as Prometheus reads them (text exposition format 0.0.4).

use std::fmt::Write;

use mediator::{CloseReason, Mediator, Refusal, Stage};
use transport::{Count, Tally};

use crate::health::Health;

/// All of them.
pub fn text(
    mediator: &Mediator,
    health: &Health,
    spooled: Option<u64>,
    port: &Tally,
) -> Exposition {
    let tally = mediator.tally();
    let mut out = Exposition::default();
    out.gauges(
        "restante_instance",
        "The name of this process.",
        "instance",
        &[(mediator.settings().instance.clone(), 1)],
    );
    let stores: Vec<_> = health
        .engines()
        .map(|engine| (engine.keeps.to_owned(), u64::from(engine.is_up())))
        .collect();
    out.gauges(
        "restante_store_up",
        "Whether the server that keeps this answers.",
        "keeps",
        &stores,
    );
    if let Some(spooled) = spooled {
        out.single(
            "restante_spooled",
            "Messages that wait on this machine for the store.",
            "gauge",
            spooled,
        );
    }
    let stages = Stage::ALL.map(|stage| (stage.label().to_owned(), tally.messages(stage)));
    out.counters(
        "restante_messages_total",
        "Messages that went through a stage.",
        "stage",
        &stages,
    );
    let refusals = Refusal::ALL.map(|refusal| (refusal.label().to_owned(), tally.refused(refusal)));
    out.counters("restante_refused_total", "Envelopes that were refused.", "reason", &refusals);
    let closes = CloseReason::ALL.map(|reason| (reason.code().to_string(), tally.closed(reason)));
    out.counters(
        "restante_sockets_closed_total",
        "WebSockets closed by the mediator.",
        "code",
        &closes,
    );
    let port: Vec<_> =
        Count::ALL.iter().map(|count| (count.label().to_owned(), port.of(*count))).collect();
    out.counters("restante_port_total", "What happened at the port.", "event", &port);
    out.single(
        "restante_problem_reports_total",
        "Problem reports sent.",
        "counter",
        tally.problems(),
    );
    out.single(
        "restante_sockets_opened_total",
        "WebSockets ever opened.",
        "counter",
        tally.sockets_opened(),
    );
    out.single("restante_sockets_open", "WebSockets open now.", "gauge", tally.sockets_open());
    out.resident();
    out
}

/// A text in the making.
#[derive(Default)]
pub struct Exposition(pub String);

impl Exposition {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Counters of one name, told apart by a label.
    pub fn counters(&mut self, name: &str, help: &str, label: &str, values: &[(String, u64)]) {
        self.family(name, help, ("counter", label), values);
    }

    /// Gauges of one name, told apart by a label.
    pub fn gauges(&mut self, name: &str, help: &str, label: &str, values: &[(String, u64)]) {
        self.family(name, help, ("gauge", label), values);
    }

    /// The memory of this process.
    pub fn resident(&mut self) {
        if let Some(bytes) = resident_bytes() {
            self.single("process_resident_memory_bytes", "Resident memory.", "gauge", bytes);
        }
    }

    fn family(&mut self, name: &str, help: &str, kind: (&str, &str), values: &[(String, u64)]) {
        let (kind, label) = kind;
        self.head(name, help, kind);
        for (value, count) in values {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(self.0, "{name}{{{label}=\"{value}\"}} {count}");
        }
    }

    /// A metric by itself.
    pub fn single(&mut self, name: &str, help: &str, kind: &str, value: u64) {
        self.head(name, help, kind);
        let _ = writeln!(self.0, "{name} {value}");
    }
}

/// From `/proc`, where there is one.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_a_head_and_a_line_for_each_label() {
        let mut out = Exposition::default();
        out.counters("a_total", "Help.", "kind", &[("x".to_owned(), 1), ("y".to_owned(), 2)]);
        assert_eq!(
            out.0,
            "# HELP a_total Help.\n# TYPE a_total counter\na_total{kind=\"x\"} 1\na_total{kind=\"y\"} 2\n"
        );
    }
}
