//! From a configuration to a dock that serves.

mod limits;
mod metrics;
mod native;
mod private_side;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use config::{Config, DockBackend, Secret};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use transport::dock::http::{HttpBackend, HttpOptions, Retry};
use transport::dock::signature::Keys;
use transport::dock::{Backend, Berths, Dock, DockOptions, DockTally, Loopback};
use transport::{Drain, Limits, Office, Page, Pages, ServeOptions, Tally};

use self::limits::limits;
use self::metrics::Counters;
use self::private_side::PrivateSide;
use crate::clock::SystemClock;
use crate::exit::Misuse;
use crate::{admin, assembly, lan, signals};

/// What the ports of a dock share.
#[derive(Clone, Default)]
struct Shared {
    berths: Arc<Berths>,
    tally: Arc<DockTally>,
    port: Arc<Tally>,
    stop: CancellationToken,
}

/// Serves a dock until SIGTERM or SIGINT, and then until its sockets are closed and its backend knows.
///
/// # Errors
/// If a port cannot be listened on, or a setting cannot be followed.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let shared = Shared::default();
    signals::watch(shared.stop.clone())?;
    let sockets = bind(config.dock.listen).await?;
    let private = match config.dock.private_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let endpoint = endpoint(&config, private.as_ref().unwrap_or(&sockets))?;
    tracing::info!(sockets = %sockets.local_addr()?, endpoint, backend = config.dock.backend.word(), "sockets are served");
    let counters = Counters {
        berths: shared.berths.clone(),
        tally: shared.tally.clone(),
        port: shared.port.clone(),
        stop: shared.stop.clone(),
    };
    admin::listen(config.admin.listen, counters).await?;
    let ports = Ports { sockets, private, shared, config };
    match ports.config.dock.backend {
        DockBackend::Loopback => ports.serve(Loopback).await,
        DockBackend::Store => native::serve(ports).await,
        DockBackend::Http => {
            let backend = http_backend(&ports.config, endpoint, &ports.shared.tally)?;
            ports.serve(backend).await
        }
    }
}

struct Ports {
    sockets: TcpListener,
    private: Option<TcpListener>,
    shared: Shared,
    config: Config,
}

impl Ports {
    async fn serve(self, backend: impl Backend) -> anyhow::Result<()> {
        let Self { sockets, private, shared, config } = self;
        let Shared { berths, tally, port, stop } = shared;
        let side = private_side::of(&berths, &tally, &config);
        let dock = Dock::new(backend, berths, tally, dock_options(&config));
        let (dock, inner) = match private {
            None => (dock.sharing_its_port(side), None),
            Some(listener) => (dock, Some(PrivateSide::open(listener, side, &config))),
        };
        let options = ServeOptions {
            tls: assembly::certificates(&config.tls)?,
            proxies: assembly::proxies(&config)?,
            ..options(limits(&config)?, port)
        };
        let drain = drain(stop, config.shutdown.deadline);
        serve_port(sockets, Arc::new(dock), options, drain).await?;
        if let Some(inner) = inner {
            inner.close().await?;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

async fn serve_port<O: Office>(
    listener: TcpListener,
    office: Arc<O>,
    options: ServeOptions,
    drain: Drain,
) -> anyhow::Result<()> {
    transport::serve(listener, office, options, drain).await.context("serving ended")
}

fn drain(begin: CancellationToken, patience: Duration) -> Drain {
    Drain { begin, spread: patience / 4, patience }
}

fn options(limits: Limits, tally: Arc<Tally>) -> ServeOptions {
    ServeOptions { limits, tls: None, proxies: Vec::new(), pages: Arc::new(Sign), tally }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Misuse(format!("cannot listen on {address}: {error}")).into())
}

/// The base of the callback URIs: what the operator said, or where the backend finds this process.
fn endpoint(config: &Config, private: &TcpListener) -> anyhow::Result<String> {
    if let Some(endpoint) = &config.dock.endpoint {
        return Ok(endpoint.trim_end_matches('/').to_owned());
    }
    let mut address = private.local_addr().context("the listener has no address")?;
    if address.ip().is_unspecified() {
        address.set_ip(lan::address()?);
    }
    Ok(format!("http://{address}"))
}

/// Whether a dock could be started that calls its backend as this configuration says.
///
/// # Errors
/// What has to be changed.
pub fn check(config: &Config) -> anyhow::Result<()> {
    http_backend(config, String::new(), &Arc::default()).map(drop)
}

fn http_backend(
    config: &Config,
    endpoint: String,
    tally: &Arc<DockTally>,
) -> anyhow::Result<HttpBackend> {
    let dock = &config.dock;
    let options = HttpOptions {
        connect: dock.connect_uri.clone(),
        message: dock.message_uri.clone().unwrap_or_default(),
        disconnect: dock.disconnect_uri.clone(),
        endpoint,
        keys: dock.keys.as_ref().map(keys).transpose()?,
        base64: dock.base64,
        roots: assembly::roots(dock.cacerts.as_deref(), "dock.cacerts")?,
        parallel: dock.parallel,
        timeout: dock.timeout,
        retry: Retry { first: dock.retry_first, most: dock.retry_most, patience: dock.patience },
    };
    let clock = Arc::new(SystemClock::start());
    HttpBackend::new(options, clock, tally.clone())
        .map_err(|error| Misuse(error.to_string()).into())
}

fn keys(secret: &Secret) -> anyhow::Result<Keys> {
    Keys::new(secret.reveal().split_whitespace())
        .map_err(|error| Misuse(format!("RESTANTE_DOCK__KEYS: {error}")).into())
}

fn dock_options(config: &Config) -> DockOptions {
    let dock = &config.dock;
    DockOptions {
        outbox_bytes: dock.outbox_bytes.as_usize(),
        inbox_bytes: dock.inbox_bytes.as_usize(),
        ping_every: dock.ping_every,
        ping_patience: dock.ping_patience,
        idle: dock.idle,
    }
}

/// What a browser sees.
struct Sign;

impl Pages for Sign {
    fn home(&self, _: Option<&str>) -> Page {
        let body = Bytes::from_static(b"A dock: sockets are served at /ws.\n");
        Page { content_type: "text/plain; charset=utf-8", policy: None, body }
    }

    fn invitation(&self, _: Option<&str>) -> Option<Page> {
        None
    }

    fn ready(&self) -> bool {
        true
    }
}
