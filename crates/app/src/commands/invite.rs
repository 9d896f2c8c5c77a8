//! `restante invite`: an invitation to hand around.

use std::io::{Write, stdout};
use std::time::Duration;

use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Command};
use config::{Config, PublicUrl, Value as _};
use serde_json::Value;

use super::wait_for;
use crate::announce::{ShowQr, print_qr};
use crate::assembly::{self, Purpose};
use crate::control;
use crate::exit::Misuse;
use crate::wish::Wish;
use crate::{cli, settings};

/// The subcommand.
pub fn command() -> Command {
    Command::new("invite")
        .about("Print an invitation, from the running mediator or, if none runs, from its data directory")
        .defer(arguments)
}

fn arguments(command: Command) -> Command {
    let once = Arg::new("once")
        .long("once")
        .action(ArgAction::SetTrue)
        .help("An invitation that only the first wallet can use, instead of the standing one");
    let lifetime = Arg::new("expires")
        .long("expires")
        .value_name("TIME")
        .requires("once")
        .help("How long the single-use invitation is good [default: 7d]");
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Print it as GET /invitation does");
    cli::with_settings(command.args([once, lifetime, json, ShowQr::arg()]))
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let config = settings::load(matches)?.config;
    let wish =
        if matches.get_flag("once") { Wish::Once(lifetime(matches)?) } else { Wish::Standing };
    let invitation = wait_for(async {
        match control::ask(&config, &wish).await? {
            Some(invitation) => Ok(invitation),
            None => without_server(&config, &wish).await,
        }
    })?;
    if matches.get_flag("json") {
        let _ = writeln!(stdout(), "{invitation}");
        return Ok(());
    }
    let url = invitation["invitation_url"].as_str().context("the answer has no invitation")?;
    print_qr(url, ShowQr::from(matches));
    let _ = writeln!(stdout(), "{url}");
    Ok(())
}

fn lifetime(matches: &ArgMatches) -> anyhow::Result<Duration> {
    let text = matches.get_one::<String>("expires").map_or("7d", String::as_str);
    let lifetime = Duration::parse(text);
    lifetime.ok_or_else(|| {
        Misuse(format!("--expires is {text:?}, expected {}", Duration::EXPECTED)).into()
    })
}

/// Nobody holds the data directory, or the store is one that this process may open too.
async fn without_server(config: &Config, wish: &Wish) -> anyhow::Result<Value> {
    let direct = || PublicUrl::direct(config.listen.address, config.tls.files().is_some());
    let url = config.listen.public_url.clone().or_else(direct).context(
        "no mediator can be asked here, so its URL has to be said: --public-url https://mediator.example.org",
    )?;
    wish.fulfil(&assembly::mediator(config, &url, Purpose::Errand).await?).await
}
