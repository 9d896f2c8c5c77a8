//! The connections to one backend.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;

use super::answer::Answer;
use super::line::{Bare, Line};

/// How long a connection at rest is kept. Shorter than servers keep theirs: aiohttp 75 s, Node 5 s.
const KEEP_IDLE: Duration = Duration::from_secs(4);

/// Where a backend is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

/// See the module. There never are more of them than calls were under way at once: each is kept for the next call, or its port would be
/// of no use for a minute.
pub(super) struct Lines {
    origin: Origin,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Those that came to rest last are the last.
    at_rest: Mutex<VecDeque<Line>>,
    patience: Duration,
}

impl Lines {
    /// No connection yet, to this place.
    pub(super) fn to(
        origin: Origin,
        tls: Option<Arc<ClientConfig>>,
        patience: Duration,
    ) -> io::Result<Self> {
        let name = || ServerName::try_from(origin.host.clone()).map_err(io::Error::other);
        let tls = match tls {
            Some(config) => Some((TlsConnector::from(config), name()?)),
            None => None,
        };
        Ok(Self { origin, tls, at_rest: Mutex::default(), patience })
    }

    /// The place.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Asks over one of them, or a new one.
    pub(super) async fn ask(&self, request: &[u8]) -> io::Result<StatusCode> {
        timeout(self.patience, self.ask_now(request))
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")))
    }

    async fn ask_now(&self, request: &[u8]) -> io::Result<StatusCode> {
        // A connection at rest may have been closed this very moment; that is no failure of the backend.
        while let Some(mut line) = self.take() {
            if !line.is_open().await {
                continue;
            }
            match line.ask(request).await {
                Ok(answer) => return Ok(self.put_back(line, answer)),
                Err(_) => break,
            }
        }
        // What this needs room for is not kept for those who need it not.
        Box::pin(self.ask_anew(request)).await
    }

    async fn ask_anew(&self, request: &[u8]) -> io::Result<StatusCode> {
        let mut line = Line::on(self.connect().await?);
        let answer = line.ask(request).await?;
        Ok(self.put_back(line, answer))
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
        let now = Instant::now();
        let mut at_rest = self.at_rest.lock();
        while at_rest.pop_front_if(|line| now >= line.rested + KEEP_IDLE).is_some() {}
        at_rest.pop_back()
    }

    fn put_back(&self, mut line: Line, answer: Answer) -> StatusCode {
        if answer.stays {
            line.rested = Instant::now();
            self.at_rest.lock().push_back(line);
        }
        answer.status
    }
}
