//! From a configuration to a dock that serves.

mod metrics;
mod native;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use config::{Config, DockBackend, PublicUrl, Secret};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use transport::dock::http::{HttpBackend, HttpOptions, Retry};
use transport::dock::signature::Keys;
use transport::dock::{
    Backend, Berths, Dock, DockOptions, DockTally, Loopback, Private, PrivateOptions,
};
use transport::{Drain, Limits, Office, Page, Pages, ServeOptions, Tally};

use self::metrics::Counters;
use crate::clock::SystemClock;
use crate::exit::Misuse;
use crate::{admin, assembly, lan, signals};

/// How long what is under way on the private side may take once all sockets are closed.
const LAST_CALLS: Duration = Duration::from_secs(1);

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
        let side = Private::new(berths.clone(), tally.clone(), private_options(&config, &private));
        let dock = Dock::new(backend, berths, tally, dock_options(&config));
        let (dock, inner) = match private {
            None => (dock.sharing_its_port(side), None),
            // Its backend goes on sending while the sockets are closed.
            Some(listener) => {
                let end = CancellationToken::new();
                let options = options(private_limits(&config), Arc::default());
                let drain = drain(end.clone(), LAST_CALLS);
                (dock, Some((end, tokio::spawn(serve_port(listener, side, options, drain)))))
            }
        };
        let options = ServeOptions {
            tls: assembly::certificates(&config.tls)?,
            proxies: assembly::proxies(&config)?,
            ..options(limits(&config)?, port)
        };
        let drain = drain(stop, config.shutdown.deadline);
        serve_port(sockets, Arc::new(dock), options, drain).await?;
        if let Some((end, serving)) = inner {
            end.cancel();
            serving.await.context("the private side broke")??;
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

/// On the port of the sockets everybody could ask for the status; with a port of its own, or a key, only who may.
fn private_options(config: &Config, own_port: &Option<TcpListener>) -> PrivateOptions {
    let key = config.dock.bearer.as_ref().map(|key| key.reveal().to_owned());
    PrivateOptions {
        status: own_port.is_some() || key.is_some(),
        key,
        unknown_is_500: config.dock.unknown_is_500,
    }
}

/// What strangers may use.
fn limits(config: &Config) -> anyhow::Result<Limits> {
    let direct = || PublicUrl::direct(config.dock.listen, config.tls.files().is_some());
    let url = config.listen.public_url.clone().or_else(direct);
    let url = url.context("the listener's address makes no URL")?;
    let mut limits = assembly::limits(config, &url);
    limits.frame_bytes = config.dock.frame_bytes.as_usize();
    limits.body_bytes = limits.frame_bytes;
    if config.dock.private_listen.is_none() {
        // The backend's connections come from one address.
        limits.connections_per_address = limits.connections;
    }
    Ok(limits)
}

/// What the backend may use: it comes from one address, or few.
fn private_limits(config: &Config) -> Limits {
    let usual = Limits::default();
    Limits {
        body_bytes: config.dock.frame_bytes.as_usize(),
        connections_per_address: usual.connections,
        ..usual
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
