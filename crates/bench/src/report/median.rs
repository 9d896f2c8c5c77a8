//! Many rounds as one: the median of each figure.

use super::{Percentiles, Phase, Timing, Usage};

/// The median of all rounds that have it, figure by figure.
pub(crate) fn of_rounds(rounds: &[Vec<Phase>]) -> Vec<Phase> {
    let same = |name: &String| -> Vec<&Phase> {
        rounds.iter().flatten().filter(|phase| phase.name == *name).collect()
    };
    let names = each_once(rounds.iter().flatten().map(|phase| &phase.name));
    names.into_iter().map(|name| of_phases(&same(name))).collect()
}

fn each_once<'a>(all: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut once = Vec::new();
    for name in all {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

/// The median of a phase's figures, of which there is at least one.
fn of_phases(phases: &[&Phase]) -> Phase {
    let of = |figure: fn(&Phase) -> f64| median(phases.iter().map(|phase| figure(phase)));
    let timings = each_once(phases.iter().flat_map(|phase| &phase.timings).map(|it| &it.name));
    Phase {
        name: phases[0].name.clone(),
        unit: phases[0].unit.clone(),
        count: of(|phase| phase.count),
        seconds: of(|phase| phase.seconds),
        per_second: of(|phase| phase.per_second),
        timings: timings.into_iter().map(|name| of_timing(phases, name)).collect(),
        usage: of_usage(phases),
    }
}

fn of_usage(phases: &[&Phase]) -> Usage {
    let of = |figure: fn(&Usage) -> f64| median(phases.iter().map(|phase| figure(&phase.usage)));
    let known = |figure: fn(&Usage) -> Option<f64>| {
        let figures: Vec<f64> = phases.iter().filter_map(|phase| figure(&phase.usage)).collect();
        (!figures.is_empty()).then(|| median(figures))
    };
    Usage {
        server_cpu_seconds: known(|usage| usage.server_cpu_seconds),
        server_cpu_seconds_per_1000: known(|usage| usage.server_cpu_seconds_per_1000),
        server_resident_mb: known(|usage| usage.server_resident_mb),
        own_cpu_seconds: of(|usage| usage.own_cpu_seconds),
        own_cpu_seconds_per_1000: of(|usage| usage.own_cpu_seconds_per_1000),
    }
}

fn of_timing(phases: &[&Phase], name: &str) -> Timing {
    let timings = phases.iter().flat_map(|phase| &phase.timings);
    let all: Vec<&Percentiles> =
        timings.filter(|timing| timing.name == name).map(|timing| &timing.ms).collect();
    let of = |figure: fn(&Percentiles) -> f64| median(all.iter().map(|ms| figure(ms)));
    let point = |place: usize, share: f64| {
        (share, median(all.iter().filter_map(|ms| ms.curve.get(place)).map(|(_, ms)| *ms)))
    };
    let curve = all[0].curve.iter().enumerate().map(|(place, (share, _))| point(place, *share));
    let ms = Percentiles {
        count: of(|ms| ms.count),
        mean: of(|ms| ms.mean),
        p50: of(|ms| ms.p50),
        p90: of(|ms| ms.p90),
        p99: of(|ms| ms.p99),
        p999: of(|ms| ms.p999),
        max: of(|ms| ms.max),
        curve: curve.collect(),
    };
    Timing { name: name.to_owned(), ms }
}

/// The middle of these figures, or the mean of the two middle ones; 0 if there are none.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(name: &str, per_second: f64, p50: f64, cpu: Option<f64>) -> Phase {
        let ms = Percentiles { p50, curve: vec![(0.5, p50)], ..Percentiles::default() };
        let usage = Usage { server_cpu_seconds_per_1000: cpu, ..Usage::default() };
        Phase {
            name: name.to_owned(),
            unit: "message".to_owned(),
            count: 1.0,
            seconds: 1.0,
            per_second,
            timings: vec![Timing { name: "delivery".to_owned(), ms }],
            usage,
        }
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn each_figure_of_each_phase_is_a_median_of_its_own() {
        let rounds = [
            vec![phase("a", 1.0, 30.0, None), phase("b", 9.0, 9.0, None)],
            vec![phase("a", 3.0, 10.0, Some(5.0)), phase("b", 9.0, 9.0, None)],
            vec![phase("a", 2.0, 20.0, Some(7.0)), phase("b", 9.0, 9.0, None)],
        ];
        let expected = [phase("a", 2.0, 20.0, Some(6.0)), phase("b", 9.0, 9.0, None)];
        assert_eq!(of_rounds(&rounds), expected);
        assert_eq!(of_rounds(&[]), []);
    }

    #[test]
    fn what_only_a_later_round_has_is_not_left_out() {
        let mut later = phase("a", 1.0, 1.0, None);
        later.timings[0].name = "delivery after absence".to_owned();
        let rounds = [vec![phase("a", 1.0, 1.0, None)], vec![later, phase("b", 1.0, 1.0, None)]];
        let medians = of_rounds(&rounds);
        let names = |phase: &Phase| -> Vec<String> {
            phase.timings.iter().map(|timing| timing.name.clone()).collect()
        };
        assert_eq!(medians.iter().map(|phase| &phase.name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(names(&medians[0]), ["delivery", "delivery after absence"]);
    }
}
