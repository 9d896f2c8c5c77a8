//! The way out: envelopes for agents that have an address.

mod address;
mod errand;
mod headers;
mod http;
mod names;
pub(crate) mod tls;
mod ws;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mediator::{Carried, Carrier, End};
use reqwest::Url;

use self::names::Names;

pub use errand::{Errand, NoReply, Reply};
pub use headers::{BadHeader, Headers};
pub use tls::{Roots, roots_in};

/// How to reach agents.
#[derive(Debug, Clone)]
pub struct CarrierOptions {
    /// Dial loopback, private and other addresses that are not of the public Internet. Only for a mediator that itself lives
    /// on such an address, or whose operator says so.
    pub allow_private: bool,
    /// How long one POST, or one WebSocket with all its envelopes, may take.
    pub timeout: Duration,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// Roots that are trusted beside those of the system.
    pub roots: Roots,
}

impl Default for CarrierOptions {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            roots: Vec::new(),
        }
    }
}

/// Carries over HTTP and WebSocket, with and without TLS.
#[derive(Debug)]
pub struct HttpWsCarrier {
    http: http::Poster,
    ws: ws::Dialer,
}

/// How one envelope, or one socket full of them, fared.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Taken,
    Refused(String),
    Failed(String),
    Forbidden(String),
}

impl HttpWsCarrier {
    /// A carrier; connects to nobody yet.
    ///
    /// # Errors
    ///
    /// If TLS or the HTTP client cannot be set up.
    pub fn new(options: &CarrierOptions) -> io::Result<Self> {
        let names = Arc::new(Names::new(options.allow_private));
        let tls = tls::client(&options.roots).map_err(io::Error::other)?;
        Ok(Self {
            http: http::Poster::new(options, &tls, names.clone()).map_err(io::Error::other)?,
            ws: ws::Dialer::new(options, tls, names),
        })
    }
}

impl HttpWsCarrier {
    /// Brings one body to an `http`, `https`, `ws` or `wss` endpoint, over HTTP with exactly these headers, over WebSocket as one binary
    /// frame. Takes a bounded time.
    pub async fn bring(&self, uri: &str, headers: &Headers, body: Bytes) -> End {
        match endpoint(uri) {
            Ok(Endpoint::Http(url)) => self.http.post(&url, headers, body).await,
            Ok(Endpoint::Ws(url)) => self.ws.carry(&url, &[body]).await.end,
            Err(end) => end,
        }
    }

    /// Makes a request and gives the answer, whatever its status. Follows no redirect.
    ///
    /// # Errors
    ///
    /// Whether it was made at all.
    pub async fn run(&self, errand: Errand) -> Result<Reply, NoReply> {
        self.http.ask(errand).await
    }
}

#[async_trait]
impl Carrier for HttpWsCarrier {
    async fn carry(&self, uri: &str, envelopes: &[Bytes]) -> Carried {
        match endpoint(uri) {
            Ok(Endpoint::Http(url)) => self.http.carry(&url, envelopes).await,
            Ok(Endpoint::Ws(url)) => self.ws.carry(&url, envelopes).await,
            Err(end) => stopped(0, end),
        }
    }
}

enum Endpoint {
    Http(Url),
    Ws(Url),
}

fn endpoint(uri: &str) -> Result<Endpoint, End> {
    let url = Url::parse(uri).map_err(|_| End::Forbidden("not a URL".to_owned()))?;
    match url.scheme() {
        "http" | "https" => Ok(Endpoint::Http(url)),
        "ws" | "wss" => Ok(Endpoint::Ws(url)),
        _ => Err(End::Forbidden("not an address of http, https, ws or wss".to_owned())),
    }
}

fn stopped(taken: usize, end: End) -> Carried {
    Carried { taken, end }
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Taken => Self::Done,
            Outcome::Refused(why) => Self::Refused(why),
            Outcome::Failed(why) => Self::Failed(why),
            Outcome::Forbidden(why) => Self::Forbidden(why),
        }
    }
}
