//! Plots, as SVG.

use plotters::coord::Shift;
use plotters::coord::ranged1d::SegmentValue;
use plotters::prelude::*;

use super::{Phase, Report, ReportError};

/// A drawing: the name of its file, and the SVG.
type Drawing = (&'static str, String);

/// One line or bar.
struct Series<T> {
    name: String,
    values: T,
}

type Line = Series<Vec<(f64, f64)>>;
type Bar = Series<f64>;

const SIZE: (u32, u32) = (900, 520);

/// Draws whatever these reports have in common: latency percentiles, throughput, CPU, and memory against sockets. Returns the name
/// of a file and its contents for each plot for which there are figures.
///
/// # Errors
/// If a drawing fails.
pub fn plot(reports: &[Report]) -> Result<Vec<Drawing>, ReportError> {
    let mut drawings = Vec::new();
    let lines = latencies(reports);
    if !lines.is_empty() {
        drawings.push(("latency.svg", draw(|area| percentiles(area, &lines))?));
    }
    let bars = per_phase(reports, |phase| Some(phase.per_second));
    if !bars.is_empty() {
        let title = "Throughput, a second";
        drawings.push(("throughput.svg", draw(|area| columns(area, title, &bars))?));
    }
    let bars = per_phase(reports, |phase| phase.usage.server_cpu_seconds_per_1000);
    if !bars.is_empty() {
        let title = "CPU of the server, seconds for 1,000";
        drawings.push(("cpu.svg", draw(|area| columns(area, title, &bars))?));
    }
    let lines = memory(reports);
    if !lines.is_empty() {
        drawings.push(("memory.svg", draw(|area| sockets(area, &lines))?));
    }
    Ok(drawings)
}

/// The first timing of each phase, which is the one that counts, with shares as the number of nines in them.
fn latencies(reports: &[Report]) -> Vec<Line> {
    let of = |report: &Report, phase: &Phase| {
        let timing = phase.timings.first()?;
        let nines = |(share, ms): &(f64, f64)| (-(1.0 - share).log10(), *ms);
        let values = timing.ms.curve.iter().map(nines).collect();
        Some(Series { name: format!("{}, {}", report.label, timing.name), values })
    };
    let phases =
        reports.iter().flat_map(|report| report.median.iter().map(move |phase| (report, phase)));
    phases.filter_map(|(report, phase)| of(report, phase)).collect()
}

fn per_phase(reports: &[Report], figure: fn(&Phase) -> Option<f64>) -> Vec<Bar> {
    let of = |report: &Report, phase: &Phase| {
        let name = format!("{}, {}", report.label, phase.name);
        Some(Series { name, values: figure(phase)? })
    };
    let phases =
        reports.iter().flat_map(|report| report.median.iter().map(move |phase| (report, phase)));
    phases.filter_map(|(report, phase)| of(report, phase)).collect()
}

fn memory(reports: &[Report]) -> Vec<Line> {
    let held = reports.iter().filter(|report| report.held.len() > 1);
    held.map(|report| Series {
        name: report.label.clone(),
        values: report.held.iter().map(|held| (held.sockets as f64, held.resident_mb)).collect(),
    })
    .collect()
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(picture: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String, ReportError> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    let drawn = area.fill(&WHITE).map_err(Into::into);
    let drawn = drawn.and_then(|()| picture(&area)).and_then(|()| Ok(area.present()?));
    drop(area);
    drawn.map_err(|error| ReportError::Plot(error.to_string()))?;
    Ok(svg)
}

fn percentiles(area: &Area<'_>, lines: &[Line]) -> Drawn {
    let values = || lines.iter().flat_map(|line| &line.values).map(|(_, ms)| *ms);
    let least = values().fold(f64::INFINITY, f64::min).max(0.001) / 2.0;
    let most = values().fold(1.0, f64::max) * 2.0;
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .caption("Latency, ms", ("sans-serif", 20))
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..4.0, (least..most).log_scale())?;
    chart
        .configure_mesh()
        .x_labels(5)
        .x_label_formatter(&|nines| share_of(*nines))
        .x_desc("share of all that took no longer")
        .draw()?;
    draw_lines(&mut chart, lines, 0)
}

/// 2 nines are 99 %.
fn share_of(nines: f64) -> String {
    let percent = 100.0 * (1.0 - 10_f64.powf(-nines));
    format!("{} %", (percent * 100.0).round() / 100.0)
}

fn columns(area: &Area<'_>, title: &str, bars: &[Bar]) -> Drawn {
    let most = bars.iter().map(|bar| bar.values).fold(f64::MIN_POSITIVE, f64::max) * 1.1;
    let last = bars.len() as u32 - 1;
    let name_of = |place: &SegmentValue<u32>| match place {
        SegmentValue::CenterOf(place) => {
            bars.get(*place as usize).map_or(String::new(), |bar| bar.name.clone())
        }
        _ => String::new(),
    };
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d((0..last).into_segmented(), 0.0..most)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(bars.len())
        .x_label_formatter(&name_of)
        .draw()?;
    chart.draw_series(bars.iter().zip(0..).map(|(bar, place)| {
        let corners =
            [(SegmentValue::Exact(place), 0.0), (SegmentValue::Exact(place + 1), bar.values)];
        let mut column = Rectangle::new(corners, Palette99::pick(place as usize).filled());
        column.set_margin(0, 0, 12, 12);
        column
    }))?;
    Ok(())
}

fn sockets(area: &Area<'_>, lines: &[Line]) -> Drawn {
    let points = || lines.iter().flat_map(|line| &line.values);
    let widest = points().map(|(sockets, _)| *sockets).fold(1.0, f64::max);
    let highest = points().map(|(_, mb)| *mb).fold(1.0, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .caption("Memory of the server, MB", ("sans-serif", 20))
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..widest, 0.0..highest)?;
    chart.configure_mesh().x_desc("sockets").draw()?;
    draw_lines(&mut chart, lines, 3)
}

/// Lines with dots of this size, and their names.
fn draw_lines<'a, 'b: 'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>,
    lines: &[Line],
    dots: u32,
) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    for (place, line) in lines.iter().enumerate() {
        let style = Palette99::pick(place).stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.values.iter().copied(), style).point_size(dots))?
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}
