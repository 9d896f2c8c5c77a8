use std::fmt::{self, Display, Formatter};

use super::{Faults, Phase, Report};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plan: Vec<String> =
            self.plan.iter().map(|(name, value)| format!("{name} {value}")).collect();
        writeln!(f, "{}: {} ({})", self.label, self.scenario, plan.join(", "))?;
        for phase in &self.median {
            write_phase(f, phase, &range(&self.rounds, &phase.name))?;
        }
        write_memory(f, self)?;
        write!(f, "{}", self.faults)?;
        if self.interrupted {
            writeln!(f, "  interrupted: these are the figures until then")?;
        }
        Ok(())
    }
}

fn write_phase(f: &mut Formatter<'_>, phase: &Phase, range: &str) -> fmt::Result {
    let Phase { name, unit, count, seconds, per_second, .. } = phase;
    writeln!(f, "  {name}: {count:.0} {unit}s in {seconds:.2} s, {per_second:.0} a second{range}")?;
    for timing in &phase.timings {
        let ms = &timing.ms;
        let name = &timing.name;
        writeln!(
            f,
            "    {name:24} p50 {:.2}  p90 {:.2}  p99 {:.2}  p99.9 {:.2}  max {:.2} ms",
            ms.p50, ms.p90, ms.p99, ms.p999, ms.max
        )?;
    }
    let usage = &phase.usage;
    if let Some(each) = usage.server_cpu_seconds_per_1000 {
        write!(f, "    server {each:.3} CPU s per 1,000 {unit}s")?;
        if let Some(whole) = usage.server_cpu_seconds.filter(|_| *seconds > 0.0) {
            write!(f, ", {:.1} % of a processor", whole / seconds * 100.0)?;
        }
        if let Some(mb) = usage.server_resident_mb {
            write!(f, ", {mb:.1} MB resident")?;
        }
        writeln!(f)?;
    }
    writeln!(
        f,
        "    benchmark itself {:.3} CPU s per 1,000 {unit}s",
        usage.own_cpu_seconds_per_1000
    )
}

/// How far the rounds lie apart.
fn range(rounds: &[Vec<Phase>], name: &str) -> String {
    let mut rates: Vec<f64> = rounds
        .iter()
        .flatten()
        .filter(|phase| phase.name == name)
        .map(|phase| phase.per_second)
        .collect();
    rates.sort_by(f64::total_cmp);
    match rates.as_slice() {
        [least, .., most] => format!(" ({least:.0} to {most:.0} in {} rounds)", rates.len()),
        _ => String::new(),
    }
}

fn write_memory(f: &mut Formatter<'_>, report: &Report) -> fmt::Result {
    let (Some(first), Some(last)) = (report.held.first(), report.held.last()) else {
        return Ok(());
    };
    let sockets = last.sockets - first.sockets;
    if sockets > 0 {
        let each = (last.resident_mb - first.resident_mb) * 1e3 / sockets as f64;
        writeln!(
            f,
            "  memory: {each:.2} KB a socket, {:.1} MB with {}",
            last.resident_mb, last.sockets
        )?;
    }
    Ok(())
}

impl Display for Faults {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.posted > 0 {
            writeln!(
                f,
                "  {} posted, {} accepted, {} failed, {} arrived",
                self.posted, self.accepted, self.failed, self.arrived
            )?;
            writeln!(
                f,
                "  {} lost, {} repeated, {} out of order, {} misdelivered",
                self.lost, self.repeated, self.out_of_order, self.misdelivered
            )?;
        }
        if self.sockets_lost > 0 {
            writeln!(f, "  {} sockets ended by themselves", self.sockets_lost)?;
        }
        for (reason, count) in &self.reasons {
            writeln!(f, "  failed {count} times: {reason}")?;
        }
        Ok(())
    }
}
