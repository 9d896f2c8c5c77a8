//! `restante relay`: takes envelopes for agents of ACA-Py and puts them into their queues until it is told to stop.

mod events;

use std::time::Duration;

use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::{cli, logs, queues, relay};

/// The subcommand.
pub fn command() -> Command {
    Command::new("relay")
        .about("Put what comes for ACA-Py agents into Redis; takes the place of their relay")
        .defer(arguments)
}

fn arguments(command: Command) -> Command {
    let deliver = Arg::new("deliver")
        .long("deliver")
        .action(ArgAction::SetTrue)
        .help("Deliver what agents send too, as `restante deliverer` does");
    let command =
        command.args_conflicts_with_subcommands(true).subcommand(events::command()).arg(deliver);
    cli::with_settings_of(command, |section| {
        matches!(section, "listen" | "store" | "tls" | "transport" | "shutdown" | "admin" | "log")
    })
}

/// Adds the flags that say which queues it is about.
fn with_settings(command: Command) -> Command {
    cli::with_settings_of(command, |section| section == "store")
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    if let Some(("events", args)) = matches.subcommand() {
        return events::run(args);
    }
    let config = queues::load(matches)?;
    logs::start(&config.log);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let outcome = runtime.block_on(relay::serve(config, matches.get_flag("deliver")));
    // What still runs now has had its time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}
