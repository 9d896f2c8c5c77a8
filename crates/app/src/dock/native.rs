//! A dock before our own mediators, with nothing between them but a store.

use std::sync::Arc;

use mediator::docked::Mooring;
use tokio_util::sync::CancellationToken;
use transport::ServeOptions;
use transport::dock::{Dock, NativeBackend, NativeQuay};

use super::private_side::{self, PrivateSide};
use super::{Ports, Shared, dock_options, drain, limits, options, serve_port};
use crate::clock::SystemClock;
use crate::exit::Misuse;
use crate::health::Health;
use crate::{assembly, instance, stores};

/// Serves it until it is told to end, and then until its sockets are closed and mediators know.
///
/// # Errors
/// If the store cannot be shared, or a setting cannot be followed.
pub async fn serve(ports: Ports) -> anyhow::Result<()> {
    let Ports { sockets, private, shared: Shared { berths, tally, port, stop }, config } = ports;
    if !config.mail_engine().is_shared() {
        return Err(Misuse(
            "a dock and its mediators need a store to share: --store redis://…".to_owned(),
        )
        .into());
    }
    let clock = Arc::new(SystemClock::start());
    let opened = stores::open(&config, &clock).await?;
    let end = CancellationToken::new();
    Health::of(&opened, false).watch(&clock, &end);
    let mooring = Mooring::new(opened.stores, clock, &instance::name(&config.instance));
    tracing::info!(dock = mooring.name(), "mediators reach this dock by the store");
    let side = private_side::of(&berths, &tally, &config);
    let inner = private.map(|listener| PrivateSide::open(listener, side, &config));
    let quay = Arc::new(NativeQuay::new(berths.clone()));
    let moored = tokio::spawn(mooring.clone().run(quay, end.clone()));
    let backend = NativeBackend::new(mooring, config.dock.patience);
    let dock = Dock::new(backend, berths, tally, dock_options(&config));
    let options = ServeOptions {
        tls: assembly::certificates(&config.tls)?,
        proxies: assembly::proxies(&config)?,
        ..options(limits(&config)?, port)
    };
    let patience = config.shutdown.deadline;
    serve_port(sockets, Arc::new(dock), options, drain(stop, patience)).await?;
    end.cancel();
    let _ = moored.await;
    if let Some(inner) = inner {
        inner.close().await?;
    }
    tracing::info!("stopped");
    Ok(())
}
