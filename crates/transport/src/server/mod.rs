//! One port for everything: accepts connections, serves them, and ends them when told to.

mod body;
mod connection;
pub(crate) mod places;
pub(crate) mod proxies;
mod receipt;
mod respond;
mod routes;
mod send_queue;
mod slices;
pub(crate) mod stream;
pub(crate) mod tls;
mod upgrade;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connection::Desk;
use self::places::Places;
use self::proxies::is_proxy;
use self::slices::Slices;
use crate::{Count, Drain, Office, ServeOptions};

/// How long to leave the kernel alone when it cannot give us connections.
const BREATH: Duration = Duration::from_millis(50);

/// Serves a port until `drain` begins, and then until everything open has ended or its patience is over.
///
/// Draining, `GET /health/ready` says no from the first moment, new sockets are refused, and the open ones are the office's to
/// close: it holds the tokens that fire one slice of them after the other. Meanwhile requests are served, each as the last of its
/// connection, because whoever sends them here has to find out first. Then the listener is dropped (the kernel refuses new connections),
/// requests in hand are answered, and connections at rest are closed.
///
/// # Errors
///
/// None so far: accepting survives what the kernel may answer.
pub async fn serve<O: Office>(
    listener: TcpListener,
    office: Arc<O>,
    options: ServeOptions,
    drain: Drain,
) -> io::Result<()> {
    let port = Port::new(office, options, &drain);
    let deadline = select! {
        deadline = port.close_sockets(&drain) => deadline,
        () = port.accept(listener) => Instant::now(),
        () = port.watch_certificates() => Instant::now(),
    };
    port.desk.rest.cancel();
    port.desk.tasks.close();
    if timeout_at(deadline, port.desk.tasks.wait()).await.is_err() {
        tracing::warn!("connections were still open at the deadline and are cut");
        port.desk.cut.cancel();
        port.desk.tasks.wait().await;
    }
    Ok(())
}

struct Port<O> {
    desk: Arc<Desk<O>>,
    connections: Arc<Semaphore>,
    addresses: Arc<Places>,
}

impl<O: Office> Port<O> {
    fn new(office: Arc<O>, options: ServeOptions, drain: &Drain) -> Self {
        let ServeOptions { limits, tls, proxies, pages, tally } = options;
        let connections = limits.connections.min(Semaphore::MAX_PERMITS);
        let addresses = Places::new(connections, limits.connections_per_address);
        let desk = Desk {
            office,
            pages,
            tls,
            proxies,
            tally,
            sockets: Places::new(limits.sockets, limits.sockets_per_address),
            tasks: TaskTracker::new(),
            drain: drain.begin.clone(),
            slices: Slices::new(),
            rest: CancellationToken::new(),
            cut: CancellationToken::new(),
            limits,
        };
        Self { desk: Arc::new(desk), connections: Arc::new(Semaphore::new(connections)), addresses }
    }

    /// Waits for the beginning of the end, and lets the sockets go. Returns when all else has to be over.
    async fn close_sockets(&self, drain: &Drain) -> Instant {
        drain.begin.cancelled().await;
        let deadline = Instant::now() + drain.patience;
        let spread = drain.spread.min(drain.patience / 2);
        self.desk.slices.close(self.desk.sockets.taken(), spread).await;
        deadline
    }

    /// Accepts for ever.
    async fn accept(&self, listener: TcpListener) {
        // Never closed, so there always is a next permit.
        while let Ok(permit) = self.connections.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((tcp, peer)) => self.admit(tcp, peer, permit),
                Err(error) => self.catch_breath(&error).await,
            }
        }
    }

    async fn watch_certificates(&self) {
        match self.desk.tls.clone() {
            Some(certificates) => certificates.watch().await,
            None => std::future::pending().await,
        }
    }

    fn admit(&self, tcp: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let proxied = is_proxy(&self.desk.proxies, peer.ip());
        let place = if proxied { None } else { self.addresses.take(peer.ip()).ok() };
        if place.is_none() && !proxied {
            self.desk.tally.add(Count::CrowdedAddress);
            return;
        }
        self.desk.tally.add(Count::Connections);
        let served = connection::serve(self.desk.clone(), tcp, peer.ip());
        self.desk.tasks.spawn(async move {
            served.await;
            drop((place, permit));
        });
    }

    /// A connection that was gone before we took it costs nothing; anything else wants time to pass.
    async fn catch_breath(&self, error: &io::Error) {
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
        {
            return;
        }
        self.desk.tally.add(Count::AcceptFailures);
        tracing::warn!(%error, "cannot accept connections");
        sleep(BREATH).await;
    }
}
