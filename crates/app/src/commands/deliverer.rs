//! `restante deliverer`: brings what ACA-Py's queue plug-in pushes to where it belongs.

mod dead_letters;

use std::time::Duration;

use anyhow::Context;
use clap::{ArgMatches, Command};

use crate::{cli, deliverer, logs, queues};

/// The subcommand.
pub fn command() -> Command {
    Command::new("deliverer")
        .about("Deliver what ACA-Py agents push to Redis; takes the place of their deliverer")
        .defer(arguments)
}

fn arguments(command: Command) -> Command {
    with_settings(command.args_conflicts_with_subcommands(true).subcommand(dead_letters::command()))
}

/// Adds the flags that say something to a deliverer.
fn with_settings(command: Command) -> Command {
    cli::with_settings_of(command, |section| {
        matches!(section, "store" | "shutdown" | "admin" | "log")
    })
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    if let Some(("dead-letters", args)) = matches.subcommand() {
        return dead_letters::run(args);
    }
    let config = queues::load(matches)?;
    logs::start(&config.log);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let outcome = runtime.block_on(deliverer::serve(config));
    // What still runs now has had its time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}
