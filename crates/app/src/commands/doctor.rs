//! `restante doctor`: looks at everything that a mediator or another part needs, without starting one.

use std::io::{Write, stdout};

use anyhow::{Context, bail};
use clap::{Arg, ArgMatches, Command};

use crate::{cli, doctor, queues, settings};

/// The subcommand.
pub fn command() -> Command {
    Command::new("doctor")
        .about("Check the configuration, the stores, clock and limits, and say what to change")
        .defer(arguments)
}

fn arguments(command: Command) -> Command {
    let part = Arg::new("part")
        .value_name("PART")
        .value_parser(["mediator", "dock", "relay", "deliverer"])
        .default_value("mediator")
        .help("What is to be started");
    cli::with_settings(command.arg(part))
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let report = match matches.get_one::<String>("part").map(String::as_str) {
        Some("dock") => runtime.block_on(doctor::examine_dock(&settings::load(matches)?.config)),
        Some("relay") => runtime.block_on(doctor::examine_relay(&queues::load(matches)?)),
        Some("deliverer") => runtime.block_on(doctor::examine_deliverer(&queues::load(matches)?)),
        _ => runtime.block_on(doctor::examine(&settings::load(matches)?.config)),
    };
    let _ = stdout().write_all(report.text().as_bytes());
    match report.wrongs() {
        0 => Ok(()),
        1 => bail!("one thing has to be changed"),
        wrongs => bail!("{wrongs} things have to be changed"),
    }
}
