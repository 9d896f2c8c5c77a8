use std::collections::BTreeMap;

use super::{
    FORMAT, Faults, Held, Percentiles, Phase, Report, ReportError, Timing, Usage, median, plot,
};

/// A report of one round.
pub(super) fn report(label: &str, per_second: f64, p50: f64) -> Report {
    let curve = vec![(0.0, p50 / 2.0), (0.5, p50), (0.99, p50 * 3.0)];
    let ms = Percentiles { count: 10.0, p50, p99: p50 * 3.0, curve, ..Percentiles::default() };
    let phase = Phase {
        name: "live".to_owned(),
        unit: "message".to_owned(),
        count: 10.0,
        seconds: 1.0,
        per_second,
        timings: vec![Timing { name: "delivery".to_owned(), ms }],
        usage: Usage { server_cpu_seconds_per_1000: Some(0.5), ..Usage::default() },
    };
    let rounds = vec![vec![phase]];
    Report {
        format: FORMAT,
        label: label.to_owned(),
        scenario: "live".to_owned(),
        started: 1,
        plan: BTreeMap::from([("wallets".to_owned(), "2".to_owned())]),
        median: median::of_rounds(&rounds),
        rounds,
        faults: Faults { posted: 10, accepted: 10, arrived: 10, ..Faults::default() },
        held: Vec::new(),
        interrupted: false,
    }
}

#[test]
fn a_report_is_read_as_it_was_written() {
    let report = report("restante", 1_000.0, 2.0);
    assert_eq!(Report::read(&report.write().unwrap()).unwrap(), report);
}

#[test]
fn a_file_that_is_no_report_is_refused() {
    assert!(matches!(Report::read("{}"), Err(ReportError::Json(_))));
    let newer = Report { format: FORMAT + 1, ..report("x", 1.0, 1.0) };
    let refused = Report::read(&newer.write().unwrap());
    assert!(matches!(refused, Err(ReportError::Format(_))));
}

#[test]
fn the_text_has_the_figures_and_says_when_they_are_not_all() {
    let mut report = report("restante", 1_000.0, 2.0);
    report.interrupted = true;
    report.held = [(0, 10.0), (1_000, 14.5)]
        .map(|(sockets, resident_mb)| Held { sockets, resident_mb })
        .to_vec();
    let text = report.to_string();
    for figure in [
        "restante: live (wallets 2)",
        "live: 10 messages in 1.00 s, 1000 a second",
        "p50 2.00",
        "server 0.500 CPU s per 1,000 messages",
        "0 lost, 0 repeated, 0 out of order, 0 misdelivered",
        "4.50 KB a socket, 14.5 MB with 1000",
        "interrupted",
    ] {
        assert!(text.contains(figure), "no {figure:?} in {text}");
    }
}

#[test]
fn plots_are_drawn_for_what_there_are_figures_for() {
    let mut reports = [report("restante", 1_000.0, 2.0), report("other", 250.0, 60.0)];
    let names = |reports: &[Report]| -> Vec<&str> {
        plot(reports).unwrap().into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(&reports), ["latency.svg", "throughput.svg", "cpu.svg"]);
    reports[0].held = [0, 500, 1_000]
        .map(|sockets| Held { sockets, resident_mb: 10.0 + sockets as f64 / 100.0 })
        .to_vec();
    assert_eq!(names(&reports), ["latency.svg", "throughput.svg", "cpu.svg", "memory.svg"]);
    assert_eq!(names(&reports[1..]), ["latency.svg", "throughput.svg", "cpu.svg"]);
    assert!(plot(&[]).unwrap().is_empty());
}

#[test]
fn a_plot_names_its_lines_and_bars() {
    let reports = [report("restante", 1_000.0, 2.0), report("other", 250.0, 60.0)];
    for (name, svg) in plot(&reports).unwrap() {
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{name}: {svg}");
        assert!(svg.contains("restante, ") && svg.contains("other, "), "{name}: {svg}");
    }
}
