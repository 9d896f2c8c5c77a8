//! `restante config`: what may be said, what is said, and by whom.

use std::io::{Write, stdout};

use clap::{ArgMatches, Command};

use crate::{cli, root_secret, settings};

/// The subcommand.
pub fn command() -> Command {
    Command::new("config").about("Check and explain the configuration").defer(verbs)
}

fn verbs(command: Command) -> Command {
    let check = Command::new("check")
        .about("Check the configuration, and show what is in force and who said so");
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(cli::with_settings(check))
        .subcommand(
            Command::new("default")
                .about("Print a file with every setting, its help and its default"),
        )
        .subcommand(
            Command::new("reference").about("Print the reference page of all settings (Markdown)"),
        )
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let text = match matches.subcommand() {
        Some(("default", _)) => config::default_file(),
        Some(("reference", _)) => config::reference(),
        Some((_, args)) => check(args)?,
        None => String::new(),
    };
    // A reader that hangs up early, such as `head`, has what it wants.
    let _ = stdout().write_all(text.as_bytes());
    Ok(())
}

fn check(matches: &ArgMatches) -> anyhow::Result<String> {
    let loaded = settings::load(matches)?;
    root_secret::check(&loaded.config)?;
    crate::assembly::certificates(&loaded.config.tls)?;
    Ok(format!("{}\nThe configuration is good.\n", config::in_force(&loaded)))
}
