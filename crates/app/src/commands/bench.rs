//! `restante bench`: simulated wallets against any mediator.

mod options;

use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use bench::{Plan, Report, Scenario};
use clap::{Arg, ArgMatches, Command, value_parser};
use tokio_util::sync::CancellationToken;

use crate::signals;

const SCENARIOS: [(Scenario, &str); 5] = [
    (Scenario::Onboarding, "Wallets connect, are granted mediation and list a key"),
    (Scenario::Live, "Wallets hold sockets and are written to: latency and throughput of delivery"),
    (
        Scenario::Queue,
        "Wallets are away while they are written to, then all come and drain their mailboxes",
    ),
    (
        Scenario::Sockets,
        "Wallets hold sockets and do nothing, then each gets a message: memory and CPU of a socket",
    ),
    (Scenario::Day, "Wallets come and go, and are written to in bursts"),
];

/// The subcommand.
pub fn command() -> Command {
    Command::new("bench")
        .about("Measure any mediator with simulated wallets, given its invitation")
        .defer(scenarios)
}

fn scenarios(command: Command) -> Command {
    let scenarios = SCENARIOS.map(|(scenario, about)| options::command(scenario).about(about));
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(scenarios)
        .subcommand(
            Command::new("compare")
                .about("Two results (--json) beside each other")
                .args([file("first"), file("second")]),
        )
        .subcommand(
            Command::new("plot")
                .about("Draw results (--json): latency, throughput, CPU, memory against sockets")
                .arg(file("files").num_args(1..))
                .arg(
                    Arg::new("out")
                        .long("out")
                        .value_name("DIR")
                        .value_parser(value_parser!(PathBuf))
                        .default_value(".")
                        .help("Where the SVG files go"),
                ),
        )
}

fn file(name: &'static str) -> Arg {
    Arg::new(name)
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("What --json has written")
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    match matches.subcommand() {
        Some(("compare", args)) => compare(args),
        Some(("plot", args)) => plot(args),
        Some((name, args)) => {
            let scenario = SCENARIOS.into_iter().find(|(scenario, _)| scenario.name() == name);
            let (scenario, _) = scenario.context("no such scenario")?;
            measure(options::plan(scenario, args)?, args.get_one::<PathBuf>("json"))
        }
        None => Ok(()),
    }
}

fn measure(plan: Plan, json: Option<&PathBuf>) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let report = runtime.block_on(async {
        let stop = CancellationToken::new();
        signals::watch(stop.clone())?;
        anyhow::Ok(bench::run(plan, stop).await?)
    });
    // Sockets that are still open have been measured.
    runtime.shutdown_timeout(Duration::from_millis(100));
    let report = report?;
    let _ = write!(stdout(), "{report}");
    if let Some(path) = json {
        write_file(path, &report.write()?)?;
    }
    Ok(())
}

fn compare(args: &ArgMatches) -> anyhow::Result<()> {
    let report = |name| read(args.get_one::<PathBuf>(name).context("two files")?);
    let _ = write!(stdout(), "{}", bench::compare(&report("first")?, &report("second")?));
    Ok(())
}

fn plot(args: &ArgMatches) -> anyhow::Result<()> {
    let files = args.get_many::<PathBuf>("files").into_iter().flatten();
    let reports: Vec<Report> = files.map(|path| read(path)).collect::<anyhow::Result<_>>()?;
    let directory = args.get_one::<PathBuf>("out").context("a directory")?;
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    for (name, svg) in bench::plot(&reports)? {
        let path = directory.join(name);
        write_file(&path, &svg)?;
        let _ = writeln!(stderr(), "{}", path.display());
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Report> {
    let json =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Report::read(&json).with_context(|| format!("{} cannot be used", path.display()))
}

fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
