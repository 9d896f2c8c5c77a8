//! The sockets that end at docks: off unless a door for docks is to be opened, or docks share the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use config::{Config, PublicUrl};
use mediator::docked::{Docks, Outlet, QueueOutlet};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use transport::dock::signature::Keys;
use transport::dock_door::{DockDoor, DoorCount, HttpOutlet, HttpOutletOptions, Trust};
use transport::{Drain, Page, Pages, ServeOptions};

use crate::assembly::{self, Assembled};
use crate::exit::Misuse;
use crate::health::Health;
use crate::metrics::Exposition;

/// Docks that are to be served.
pub struct Docked {
    docks: Arc<Docks>,
    door: Option<Door>,
    stop: CancellationToken,
    patience: Duration,
}

/// Where docks call, listening but not served yet.
struct Door {
    office: Arc<DockDoor>,
    listener: TcpListener,
    options: ServeOptions,
}

/// Makes ready to serve docks, if any are to be served.
///
/// # Errors
/// If the door's address cannot be listened on, or what is said about docks makes no sense.
pub async fn open(
    config: &Config,
    url: &PublicUrl,
    parts: &Assembled,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Docked>> {
    let address = config.docks.listen;
    if address.is_none() && !config.docks.core {
        return Ok(None);
    }
    let http = address.map(|_| outlet(config)).transpose()?;
    let outlet = QueueOutlet::new(parts.mediator.clone(), http);
    let docks = Docks::new(parts.mediator.clone(), Arc::new(outlet));
    let door = match address {
        Some(address) => Some(Door {
            office: office(config, &docks, parts)?,
            listener: listen(address).await?,
            options: options(config, url, parts, stop),
        }),
        None => None,
    };
    Ok(Some(Docked { docks, door, stop: stop.clone(), patience: config.shutdown.deadline }))
}

fn outlet(config: &Config) -> anyhow::Result<Arc<dyn Outlet>> {
    let bearer = config.docks.bearer.as_ref().map(|key| key.reveal().to_owned());
    let roots = assembly::roots(config.docks.cacerts.as_deref(), "docks.cacerts")?;
    let options = HttpOutletOptions { bearer, roots, ..HttpOutletOptions::default() };
    Ok(Arc::new(HttpOutlet::new(&options)?))
}

fn office(config: &Config, docks: &Arc<Docks>, parts: &Assembled) -> anyhow::Result<Arc<DockDoor>> {
    let frame_bytes = config.transport.frame_bytes.as_usize();
    let door = DockDoor::new(docks.clone(), trust(config)?, frame_bytes, parts.clock.clone());
    Ok(Arc::new(door))
}

fn options(
    config: &Config,
    url: &PublicUrl,
    parts: &Assembled,
    stop: &CancellationToken,
) -> ServeOptions {
    let mut limits = assembly::limits(config, url);
    // All that comes here is from a few docks.
    limits.connections_per_address = limits.connections;
    limits.body_bytes = DockDoor::body_bytes(limits.frame_bytes);
    let pages = Arc::new(Shown { health: parts.health.clone(), stop: stop.clone() });
    ServeOptions { limits, tls: None, proxies: Vec::new(), pages, tally: Arc::default() }
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

/// Whom the configuration says to believe.
///
/// # Errors
/// If that makes no sense.
pub fn trust(config: &Config) -> anyhow::Result<Trust> {
    let keys = config.docks.keys.as_ref().map(|keys| Keys::new(keys.reveal().split_whitespace()));
    let keys = keys.transpose().context("RESTANTE_DOCKS__KEYS")?;
    Trust::new(&config.docks.trusted.0, keys).context("docks.trusted")
}

/// What is counted about docks.
pub struct Counters {
    docks: Arc<Docks>,
    door: Option<Arc<DockDoor>>,
}

impl Counters {
    /// All of it, as Prometheus reads it.
    pub fn write(&self, out: &mut Exposition) {
        let holding = self.docks.holding();
        let shards = holding.shards as u64;
        out.single(
            "restante_docked_shards",
            "Parts of the docks' sockets, of 64.",
            "gauge",
            shards,
        );
        let sockets: Vec<_> = holding.sockets.into_iter().collect();
        out.gauges("restante_docked_sockets", "Sockets at docks served here.", "dock", &sockets);
        let waiting = holding.waiting as u64;
        out.single("restante_docked_waiting", "Events at docks in hand.", "gauge", waiting);
        if let Some(door) = &self.door {
            let of = |count: DoorCount| (count.label().to_owned(), door.tally().of(count));
            let callbacks = DoorCount::ALL.map(of);
            let help = "What came of docks' callbacks.";
            out.counters("restante_docked_callbacks_total", help, "outcome", &callbacks);
        }
    }
}

impl Docked {
    /// Its counters.
    pub fn counters(&self) -> Counters {
        let door = self.door.as_ref().map(|door| door.office.clone());
        Counters { docks: self.docks.clone(), door }
    }

    /// Serves docks until the process is told to end. Then sockets are handed over at once, and what docks still tell for
    /// a while waits for whoever has them now.
    pub async fn serve(self) {
        let Self { docks, door, stop, patience } = self;
        let Some(Door { office, listener, options }) = door else { return docks.run(stop).await };
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

/// What a probe sees at the door.
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
