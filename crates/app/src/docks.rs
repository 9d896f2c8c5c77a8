//! The door for docks: off unless its address is set.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use config::{Config, PublicUrl};
use mediator::docked::Docks;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use transport::dock::signature::Keys;
use transport::dock_door::{DockDoor, HttpOutlet, HttpOutletOptions, Trust};
use transport::{Drain, Page, Pages, ServeOptions};

use crate::assembly::{self, Assembled};
use crate::exit::Misuse;
use crate::health::Health;

/// The door, listening but not served yet.
pub struct Door {
    docks: Arc<Docks>,
    office: Arc<DockDoor>,
    listener: TcpListener,
    options: ServeOptions,
    stop: CancellationToken,
    patience: Duration,
}

/// Opens the door, if there is to be one.
///
/// # Errors
/// If its address cannot be listened on, or what is said about docks makes no sense.
pub async fn open(
    config: &Config,
    url: &PublicUrl,
    parts: &Assembled,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Door>> {
    let Some(address) = config.docks.listen else { return Ok(None) };
    let listener = listen(address).await?;
    let bearer = config.docks.bearer.as_ref().map(|key| key.reveal().to_owned());
    let outlet = HttpOutlet::new(&HttpOutletOptions { bearer, ..HttpOutletOptions::default() })?;
    let docks = Docks::new(parts.mediator.clone(), Arc::new(outlet));
    let office = DockDoor::new(docks.clone(), trust(config)?, parts.clock.clone());
    let mut limits = assembly::limits(config, url);
    // All that comes here is from a few docks.
    limits.connections_per_address = limits.connections;
    // A frame grows when it is written as JSON.
    limits.body_bytes = limits.frame_bytes.saturating_mul(2);
    let pages = Arc::new(Shown { health: parts.health.clone(), stop: stop.clone() });
    let options =
        ServeOptions { limits, tls: None, proxies: Vec::new(), pages, tally: Arc::default() };
    let (stop, patience) = (stop.clone(), config.shutdown.deadline);
    Ok(Some(Door { docks, office: Arc::new(office), listener, options, stop, patience }))
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Misuse(format!(
            "cannot listen on {address} for docks: {error}; --docks-listen names another"
        ))
    })?;
    tracing::info!(%address, "docks are served");
    Ok(listener)
}

fn trust(config: &Config) -> anyhow::Result<Trust> {
    let keys = config.docks.keys.as_ref().map(|keys| Keys::new(keys.reveal().split_whitespace()));
    let keys = keys.transpose().context("RESTANTE_DOCKS__KEYS")?;
    Ok(Trust::new(&config.docks.trusted.0, keys).context("docks.trusted")?)
}

impl Door {
    /// Serves docks until the process is told to end. Then sockets are handed over at once, and what docks still tell for
    /// a while waits for whoever has them now.
    pub async fn serve(self) {
        let Self { docks, office, listener, options, stop, patience } = self;
        let begin = CancellationToken::new();
        let drain = Drain { begin: begin.clone(), spread: Duration::ZERO, patience: patience / 2 };
        let serving = tokio::spawn(transport::serve(listener, office, options, drain));
        docks.run(stop).await;
        sleep(patience / 4).await;
        begin.cancel();
        if timeout(patience / 2, serving).await.is_err() {
            tracing::debug!("a dock was still calling at the end");
        }
    }
}

/// What a probe sees at this door.
struct Shown {
    health: Arc<Health>,
    stop: CancellationToken,
}

impl Pages for Shown {
    fn home(&self, _: Option<&str>) -> Page {
        Page {
            content_type: "text/plain; charset=utf-8",
            policy: None,
            body: "docks call here\n".into(),
        }
    }

    fn invitation(&self, _: Option<&str>) -> Option<Page> {
        None
    }

    fn ready(&self) -> bool {
        self.health.is_good() && !self.stop.is_cancelled()
    }
}
