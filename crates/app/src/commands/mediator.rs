//! `restante mediator`: serves wallets until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Command};
use config::{Config, PublicUrl};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use transport::{Drain, ServeOptions};

use crate::admin::Desk;
use crate::announce::{Announcement, ShowQr};
use crate::assembly::{Assembled, Purpose};
use crate::exit::Misuse;
use crate::pages::Shown;
use crate::{admin, assembly, cli, control, docks, lan, logs, settings, signals};

/// The subcommand.
pub fn command() -> Command {
    Command::new("mediator").about("Run the mediator").defer(arguments)
}

fn arguments(command: Command) -> Command {
    let lan = Arg::new("lan").long("lan").action(ArgAction::SetTrue).help(
        "Listen on this machine's address in its network, so that phones there can reach it (with the port of --listen)",
    );
    let core = Arg::new("core")
        .long("core")
        .action(ArgAction::SetTrue)
        .help("Serve the sockets of docks that share the store (restante dock --store)");
    cli::with_settings(command.arg(lan).arg(core).arg(ShowQr::arg()))
}

/// Runs it.
pub fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let mut config = settings::load(matches)?.config;
    if matches.get_flag("lan") {
        config.listen.address.set_ip(lan::address()?);
    }
    config.docks.core |= matches.get_flag("core");
    logs::start(&config.log);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let outcome = runtime.block_on(serve(config, ShowQr::from(matches)));
    // What still runs now has had its time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

async fn serve(config: Config, show: ShowQr) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    signals::watch(stop.clone())?;
    let listener = bind(&config).await?;
    let url = public_url(&config, &listener)?;
    let parts = assembly::mediator(&config, &url, Purpose::Serving).await?;
    let Assembled { mediator, clock, health, spool, .. } = &parts;
    let shown = Shown::new(mediator, &url, health.clone());
    let options = ServeOptions {
        limits: assembly::limits(&config, &url),
        tls: assembly::certificates(&config.tls)?,
        proxies: assembly::proxies(&config)?,
        pages: Arc::new(shown),
        tally: Arc::default(),
    };
    health.tell_promises().await;
    health.watch(clock, &stop);
    if let Some(spool) = spool {
        tokio::spawn(spool.clone().unload());
    }
    if !config.mail_engine().is_shared() {
        control::listen(&config, parts.clone(), stop.clone());
    }
    let docked = docks::open(&config, &url, &parts, &stop).await?;
    let desk = Desk {
        mediator: mediator.clone(),
        health: health.clone(),
        spool: spool.clone(),
        docked: docked.as_ref().map(docks::Docked::counters),
        port: options.tally.clone(),
        stop: stop.clone(),
    };
    admin::listen(config.admin.listen, desk).await?;
    let working = tokio::spawn(mediator.clone().run(stop.clone()));
    let docked = docked.map(|docked| tokio::spawn(docked.serve()));

    let invitation = mediator.invitation();
    let instance = &mediator.settings().instance;
    Announcement { url: &url, invitation, instance, config: &config }.print(show);
    let drain = Drain {
        begin: stop.clone(),
        spread: config.shutdown.deadline / 4,
        patience: config.shutdown.deadline,
    };
    let ends = tokio::spawn(deadline_after(stop.clone(), config.shutdown.deadline));
    let served = transport::serve(listener, mediator.clone(), options, drain).await;
    stop.cancel();
    // Docks and work were told when the port was: all share one deadline.
    let ends = ends.await.context("the deadline is lost")?;
    if let Some(docked) = docked {
        let _ = timeout_at(ends, docked).await;
    }
    let _ = timeout_at(ends, working).await;
    tracing::info!("stopped");
    served.context("serving ended")
}

async fn deadline_after(stop: CancellationToken, patience: Duration) -> Instant {
    stop.cancelled().await;
    Instant::now() + patience
}

async fn bind(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.listen.address;
    TcpListener::bind(address).await.map_err(|error| {
        Misuse(format!(
            "cannot listen on {address}: {error}; is another mediator running? --listen names another address and port"
        ))
        .into()
    })
}

/// What the operator said; else the address itself, or this machine's where it listens on all of them.
fn public_url(config: &Config, listener: &TcpListener) -> anyhow::Result<PublicUrl> {
    if let Some(url) = &config.listen.public_url {
        return Ok(url.clone());
    }
    let mut address = listener.local_addr().context("the listener has no address")?;
    if address.ip().is_unspecified() {
        address.set_ip(lan::address()?);
    }
    let tls = config.tls.files().is_some();
    PublicUrl::direct(address, tls).context("the listener's address makes no URL")
}
