//! Two reports beside each other.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Phase, Report};

/// A figure of both reports.
struct Row {
    name: String,
    figures: [f64; 2],
}

/// Both reports in a table, with what the second is of the first, and a word of warning for whatever was not the same.
pub fn compare(one: &Report, other: &Report) -> String {
    let mut text = differences(one, other);
    let header = ["", &one.label, &other.label, "ratio"];
    let _ = writeln!(text, "{:44} {:>14} {:>14} {:>8}", header[0], header[1], header[2], header[3]);
    for row in rows(one, other) {
        let [first, second] = row.figures;
        let ratio = if first > 0.0 { format!("{:.2}", second / first) } else { "-".to_owned() };
        let _ = writeln!(text, "{:44} {first:>14.3} {second:>14.3} {ratio:>8}", row.name);
    }
    text
}

fn differences(one: &Report, other: &Report) -> String {
    let mut text = String::new();
    if one.scenario != other.scenario {
        let _ = writeln!(text, "different scenarios: {} and {}", one.scenario, other.scenario);
    }
    let names: BTreeSet<&String> = one.plan.keys().chain(other.plan.keys()).collect();
    let said = |report: &Report, name| report.plan.get(name).map_or("-", String::as_str).to_owned();
    for name in names {
        let (first, second) = (said(one, name), said(other, name));
        if first != second {
            let _ = writeln!(text, "different {name}: {first} and {second}");
        }
    }
    for report in [one, other].into_iter().filter(|report| report.interrupted) {
        let _ = writeln!(text, "{} was interrupted", report.label);
    }
    text
}

fn rows(one: &Report, other: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    for phase in &one.median {
        let same = other.median.iter().find(|candidate| candidate.name == phase.name);
        rows.extend(same.into_iter().flat_map(|same| rows_of(phase, same)));
    }
    let (first, second) = (&one.faults, &other.faults);
    let faults = [
        ("messages failed", first.failed, second.failed),
        ("messages lost", first.lost, second.lost),
        ("messages repeated", first.repeated, second.repeated),
        ("messages out of order", first.out_of_order, second.out_of_order),
        ("messages misdelivered", first.misdelivered, second.misdelivered),
    ];
    rows.extend(faults.map(|(name, first, second)| Row {
        name: name.to_owned(),
        figures: [first as f64, second as f64],
    }));
    rows
}

fn rows_of(one: &Phase, other: &Phase) -> Vec<Row> {
    let named = |name: &str| format!("{}: {name}", one.name);
    let mut rows = vec![Row {
        name: named(&format!("{}s a second", one.unit)),
        figures: [one.per_second, other.per_second],
    }];
    for timing in &one.timings {
        let same = other.timings.iter().find(|candidate| candidate.name == timing.name);
        let Some(same) = same else { continue };
        let row = |figure, one, other| Row {
            name: named(&format!("{} {figure}, ms", timing.name)),
            figures: [one, other],
        };
        rows.push(row("p50", timing.ms.p50, same.ms.p50));
        rows.push(row("p99", timing.ms.p99, same.ms.p99));
    }
    let (usage, same) = (&one.usage, &other.usage);
    let known = [
        (
            "server CPU s per 1,000",
            usage.server_cpu_seconds_per_1000,
            same.server_cpu_seconds_per_1000,
        ),
        ("server memory, MB", usage.server_resident_mb, same.server_resident_mb),
    ];
    rows.extend(known.into_iter().filter_map(|(name, first, second)| {
        Some(Row { name: named(name), figures: [first?, second?] })
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn a_figure_that_both_have_stands_with_its_ratio() {
        let (one, other) = (report("restante", 1_000.0, 2.0), report("other", 250.0, 60.0));
        let text = compare(&one, &other);
        let row = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line[name.len()..].split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(row("live: messages a second"), ["1000.000", "250.000", "0.25"]);
        assert_eq!(row("live: delivery p50, ms"), ["2.000", "60.000", "30.00"]);
        assert_eq!(row("live: server CPU s per 1,000"), ["0.500", "0.500", "1.00"]);
        assert_eq!(row("messages lost"), ["0.000", "0.000", "-"]);
        assert!(!text.contains("different"), "{text}");
    }

    #[test]
    fn what_was_not_the_same_is_said_first() {
        let (one, mut other) = (report("a", 1.0, 1.0), report("b", 1.0, 1.0));
        other.scenario = "day".to_owned();
        other.plan.insert("rate".to_owned(), "5/s".to_owned());
        other.interrupted = true;
        let text = compare(&one, &other);
        let expected =
            ["different scenarios: live and day", "different rate: - and 5/s", "b was interrupted"];
        assert_eq!(text.lines().take(3).collect::<Vec<_>>(), expected);
    }
}
