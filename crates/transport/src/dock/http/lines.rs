//! The connections to one backend.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;

use super::line::{Bare, Line};

/// Connections at rest that are kept.
const MOST_AT_REST: usize = 64;

/// How long. Shorter than servers keep theirs: aiohttp 75 s, Node 5 s.
const KEEP_IDLE: Duration = Duration::from_secs(4);

/// Where a backend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

/// See the module.
pub(super) struct Lines {
    origin: Origin,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    at_rest: Mutex<Vec<Line>>,
    /// So many requests at the same time, each on a connection and a descriptor of its own.
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Lines {
    /// No connection yet, to this place.
    pub(super) fn to(
        origin: Origin,
        tls: Option<Arc<ClientConfig>>,
        turns: Arc<Semaphore>,
        patience: Duration,
    ) -> io::Result<Self> {
        let name = || ServerName::try_from(origin.host.clone()).map_err(io::Error::other);
        let tls = match tls {
            Some(config) => Some((TlsConnector::from(config), name()?)),
            None => None,
        };
        Ok(Self { origin, tls, at_rest: Mutex::default(), turns, patience })
    }

    /// The place.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Asks over one of them, or a new one. Every wait counts, from the moment that it is the request's turn.
    pub(super) async fn ask(&self, request: Request<Full<Bytes>>) -> io::Result<StatusCode> {
        // Never closed.
        let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
        timeout(self.patience, self.ask_now(request))
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")))
    }

    async fn ask_now(&self, request: Request<Full<Bytes>>) -> io::Result<StatusCode> {
        // A connection at rest may have been closed this very moment; that is no failure of the backend.
        while let Some(mut line) = self.take() {
            if !line.is_open().await {
                continue;
            }
            match line.ask(request.clone()).await {
                Ok(status) => return Ok(self.put_back(line, status).await),
                Err(_) => break,
            }
        }
        let mut line = Line::on(self.connect().await?).await.map_err(io::Error::other)?;
        let status = line.ask(request).await?;
        Ok(self.put_back(line, status).await)
    }

    async fn connect(&self) -> io::Result<Bare> {
        let tcp = TcpStream::connect((self.origin.host.as_str(), self.origin.port)).await?;
        tcp.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Either::Left(tcp)),
            Some((connector, name)) => {
                Ok(Either::Right(Box::new(connector.connect(name.clone(), tcp).await?)))
            }
        }
    }

    fn take(&self) -> Option<Line> {
        let mut at_rest = self.at_rest.lock();
        at_rest.retain(|line| line.rested.elapsed() < KEEP_IDLE);
        at_rest.pop()
    }

    async fn put_back(&self, mut line: Line, status: StatusCode) -> StatusCode {
        if line.is_open().await {
            line.rested = Instant::now();
            let mut at_rest = self.at_rest.lock();
            if at_rest.len() < MOST_AT_REST {
                at_rest.push(line);
            }
        }
        status
    }
}
