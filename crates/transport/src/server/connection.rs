//! One TCP connection, from its acceptance to its end.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper::{Request, upgrade};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::select;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::places::{Place, Places};
use super::receipt::Counter;
use super::routes::Visitor;
use super::slices::Slices;
use super::stream::Stream;
use super::wire::{Pulse, Wire};
use crate::{Certificates, Count, Limits, Network, Office, Pages, Socket, Tally, Visit};

/// What all connections of a port share.
pub(crate) struct Desk<O> {
    pub(crate) office: Arc<O>,
    pub(crate) pages: Arc<dyn Pages>,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Arc<Certificates>>,
    pub(crate) proxies: Vec<Network>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) sockets: Arc<Places>,
    /// Everything that has to end before the port has.
    pub(crate) tasks: TaskTracker,
    /// Fires when the port begins to end.
    pub(crate) drain: CancellationToken,
    /// Tell the sockets, one part after the other, to end.
    pub(crate) slices: Slices,
    /// Fires when connections that are not sockets are to end.
    pub(crate) rest: CancellationToken,
    /// Fires when what is still open is cut.
    pub(crate) cut: CancellationToken,
}

impl<O> Desk<O> {
    pub(crate) fn counter(&self) -> Counter {
        Counter {
            tasks: self.tasks.clone(),
            tally: self.tally.clone(),
            patience: self.limits.receipt_timeout,
        }
    }
}

/// Serves a connection until it ends, is cut, or becomes a socket.
pub(crate) async fn serve<O: Office>(desk: Arc<Desk<O>>, tcp: TcpStream, address: IpAddr) {
    // Answers are whole when they are written; waiting for more to send would only delay them.
    drop(tcp.set_nodelay(true));
    let Some(stream) = shake_hands(&desk, tcp).await else { return };
    let cut = desk.cut.clone();
    cut.run_until_cancelled_owned(Box::pin(speak_http(desk, stream, address))).await;
}

async fn shake_hands<O>(desk: &Desk<O>, tcp: TcpStream) -> Option<Stream> {
    let Some(certificates) = &desk.tls else { return Some(Stream::Plain(tcp)) };
    let handshake = Box::pin(certificates.acceptor().accept(tcp));
    match timeout(desk.limits.handshake_timeout, handshake).await {
        Ok(Ok(tls)) => Some(Stream::Tls(Box::new(tls))),
        Ok(Err(_)) | Err(_) => {
            desk.tally.add(Count::TlsFailures);
            None
        }
    }
}

async fn speak_http<O: Office>(desk: Arc<Desk<O>>, stream: Stream, address: IpAddr) {
    let pulse = Arc::new(Pulse::default());
    let wire = Wire::new(stream, pulse.clone(), &desk.limits, desk.tally.clone());
    let visitor = Visitor { desk: desk.clone(), address, pulse };
    let service = service_fn(move |request| visitor.clone().answer(request));
    let connection =
        protocol(&desk.limits).serve_connection(TokioIo::new(wire), service).with_upgrades();
    tokio::pin!(connection);
    let ended = select! {
        ended = connection.as_mut() => ended,
        () = desk.rest.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        note(&desk.tally, &error);
    }
}

fn protocol(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // A peer that has nothing more to say may still wait for the answer.
    builder.half_close(true);
    // The wire keeps time: it tells a slow head from a connection at rest, which hyper's own timer does not.
    builder
        .header_read_timeout(None)
        .max_headers(limits.header_count)
        .max_buf_size(limits.header_bytes.max(8192));
    builder
}

fn note(tally: &Tally, error: &hyper::Error) {
    if error.is_parse_too_large() {
        tally.add(Count::HeadsTooLarge);
    } else if error.is_parse() {
        tally.add(Count::MalformedRequests);
    }
    tracing::debug!(%error, "a connection ended badly");
}

/// Waits for the upgrade to be through and hands the socket to the office.
///
/// The socket gets a task of its own: this one has room for a request, which a socket at rest should not hold.
pub(crate) async fn serve_socket<O: Office>(
    desk: Arc<Desk<O>>,
    mut request: Request<Incoming>,
    origin: IpAddr,
    place: Place,
) {
    let Some((stream, early)) = take_over(upgrade::on(&mut request)).await else { return };
    let socket = Socket::accept(stream, early, &desk.limits, desk.tally.clone(), place).await;
    let visit = Visit::new(request.into_parts().0, origin);
    let served = Box::pin(desk.office.clone().serve_socket(visit, socket, desk.slices.turn()));
    desk.tasks.spawn(desk.cut.clone().run_until_cancelled_owned(served));
}

async fn take_over(upgraded: OnUpgrade) -> Option<(Stream, Bytes)> {
    let upgraded: Upgraded = upgraded.await.ok()?;
    let Parts { io, read_buf, .. } = upgraded.downcast::<TokioIo<Wire>>().ok()?;
    Some((io.into_inner().into_stream(), read_buf))
}
