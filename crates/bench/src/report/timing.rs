use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// How long one kind of thing took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// From what to what.
    pub name: String,
    /// How long.
    pub ms: Percentiles,
}

/// A distribution of milliseconds, exact to three digits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// How many were measured.
    pub count: f64,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// 90 of 100 took no longer.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// The longest.
    pub max: f64,
    /// The same at more places, to be drawn: the share, and the milliseconds.
    pub curve: Vec<(f64, f64)>,
}

/// Collects what a [`Timing`] is made of.
pub(crate) struct Stopwatch {
    name: &'static str,
    micros: Histogram<u64>,
}

/// Where a curve has its points: 1 - 10^-x for x in tenths, up to one in 10,000.
const CURVE_POINTS: u32 = 40;

/// Nothing takes longer that anybody waits for.
const AN_HOUR: u64 = 3_600_000_000;

impl Stopwatch {
    /// One that has measured nothing.
    pub fn new(name: &'static str) -> Self {
        let micros = Histogram::new_with_bounds(1, AN_HOUR, 3).expect("the bounds are sound");
        Self { name, micros }
    }

    /// Something took so many microseconds.
    pub fn note(&mut self, micros: u64) {
        self.micros.saturating_record(micros.max(1));
    }

    /// The distribution, if anything was measured.
    pub fn read(&self) -> Option<Timing> {
        if self.micros.is_empty() {
            return None;
        }
        let at = |share: f64| self.micros.value_at_quantile(share) as f64 / 1e3;
        let shares = (0..=CURVE_POINTS).map(|point| 1.0 - 10_f64.powf(-f64::from(point) / 10.0));
        let ms = Percentiles {
            count: self.micros.len() as f64,
            mean: self.micros.mean() / 1e3,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.micros.max() as f64 / 1e3,
            curve: shares.map(|share| (share, at(share))).collect(),
        };
        Some(Timing { name: self.name.to_owned(), ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_to_three_digits() {
        let mut watch = Stopwatch::new("delivery");
        (1..=10_000).for_each(|ms| watch.note(ms * 1_000));
        let Timing { name, ms } = watch.read().unwrap();
        assert_eq!((name.as_str(), ms.count), ("delivery", 10_000.0));
        let figures = [(ms.p50, 5_000.0), (ms.p90, 9_000.0), (ms.p99, 9_900.0), (ms.max, 10_000.0)];
        for (figure, truth) in figures {
            assert!((figure / truth - 1.0_f64).abs() < 0.001, "{figure} and {truth}");
        }
        assert!((ms.mean - 5_000.5).abs() < 5.0);
        assert_eq!(ms.curve.len(), 41);
        assert!(ms.curve.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
    }

    #[test]
    fn what_was_never_measured_has_no_distribution() {
        assert_eq!(Stopwatch::new("x").read(), None);
    }
}
