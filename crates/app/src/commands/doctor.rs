//! `restante doctor`: looks at everything a mediator needs, without starting one.

use std::io::{Write, stdout};

use anyhow::{Context, bail};
use clap::{ArgMatches, Command};

use crate::{cli, doctor, settings};

/// The subcommand.
pub fn command() -> Command {
    cli::with_settings(
        Command::new("doctor")
            .about("Check the configuration, the stores, clock and limits, and say what to change"),
    )
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let config = settings::load(matches)?.config;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let report = runtime.block_on(doctor::examine(&config));
    let _ = stdout().write_all(report.text().as_bytes());
    match report.wrongs() {
        0 => Ok(()),
        1 => bail!("one thing has to be changed"),
        wrongs => bail!("{wrongs} things have to be changed"),
    }
}
