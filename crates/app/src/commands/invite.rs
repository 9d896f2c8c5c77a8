//! `restante invite`: an invitation to hand around.

use std::io::{Write, stdout};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Command};
use config::{Config, PublicUrl, Value};
use serde_json::json;

use crate::announce::{ShowQr, print_qr};
use crate::carrier::NoCarrier;
use crate::control::{self, Wish};
use crate::exit::Misuse;
use crate::{assembly, cli, settings};

/// The subcommand.
pub fn command() -> Command {
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
    let about =
        "Print an invitation, from the running mediator or, if none runs, from its data directory";
    cli::with_settings(Command::new("invite").about(about).args([
        once,
        lifetime,
        json,
        ShowQr::arg(),
    ]))
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let config = settings::load(matches)?.config;
    let wish =
        if matches.get_flag("once") { Wish::Once(lifetime(matches)?) } else { Wish::Standing };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let invitation = runtime.block_on(async {
        match control::ask(&config, wish).await? {
            Some(invitation) => Ok(invitation),
            None => without_server(&config, wish).await,
        }
    })?;
    if matches.get_flag("json") {
        let _ = writeln!(
            stdout(),
            "{}",
            json!({"invitation": invitation.json, "invitation_url": invitation.url})
        );
        return Ok(());
    }
    print_qr(&invitation.url, ShowQr::from(matches));
    let _ = writeln!(stdout(), "{}", invitation.url);
    Ok(())
}

fn lifetime(matches: &ArgMatches) -> anyhow::Result<Duration> {
    let text = matches.get_one::<String>("expires").map_or("7d", String::as_str);
    let lifetime = Duration::parse(text);
    lifetime.ok_or_else(|| {
        Misuse(format!("--expires is {text:?}, expected {}", Duration::EXPECTED)).into()
    })
}

/// Nobody holds the data directory, so this process may.
async fn without_server(config: &Config, wish: Wish) -> anyhow::Result<mediator::InvitationText> {
    let direct = || PublicUrl::direct(config.listen.address, config.tls.files().is_some());
    let url = config.listen.public_url.clone().or_else(direct).context(
        "no mediator is running here, so its URL has to be said: --public-url https://mediator.example.org",
    )?;
    let parts = assembly::mediator(config, &url, Arc::new(NoCarrier)).await?;
    control::grant(&parts.mediator, &parts.clock, wish).await
}
