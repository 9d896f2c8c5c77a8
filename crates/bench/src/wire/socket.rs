//! WebSockets (RFC 6455), client side.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::{Sources, tls};
use crate::trouble::Trouble;

/// Opens sockets.
#[derive(Clone)]
pub(crate) struct Dialer {
    tls: TlsConnector,
    sources: Sources,
    patience: Duration,
}

/// One socket. Pings are answered while it is listened to.
pub(crate) struct Line(WebSocketStream<Box<dyn Duplex>>);

/// A socket is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended;

/// Any stream a WebSocket can run on.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// What one read may bring. Each socket keeps this much, and there may be tens of thousands.
const READ_BYTES: usize = 1024;

/// What a mediator may send at once.
const FRAME_BYTES: usize = 8 << 20;

/// How long the other side may take to agree to the end.
const AGREES_WITHIN: Duration = Duration::from_secs(2);

impl Dialer {
    /// One that opens sockets from these addresses and waits so long for each.
    ///
    /// # Errors
    /// If this machine has no TLS.
    pub fn new(sources: Sources, patience: Duration) -> Result<Self, Trouble> {
        let tls = TlsConnector::from(Arc::new(tls::client()?));
        Ok(Self { tls, sources, patience })
    }

    /// Opens the socket of this number.
    ///
    /// # Errors
    /// If nobody is there, or does not want it.
    pub async fn dial(&self, to: &Url, number: u32) -> Result<Line, Trouble> {
        let place = super::http::place(to.as_str());
        let unreachable = |why: String| Trouble::Unreachable { place: place.clone(), why };
        match timeout(self.patience, self.open(to, number)).await {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(Error::Http(answer))) => {
                Err(unreachable(format!("it takes no WebSocket: {}", answer.status())))
            }
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_) => Err(unreachable("no answer in time".to_owned())),
        }
    }

    async fn open(&self, to: &Url, number: u32) -> Result<Line, Error> {
        let stream = self.connect(to, number).await?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(FRAME_BYTES))
            .max_frame_size(Some(FRAME_BYTES));
        let (frames, _) = client_async_with_config(to.as_str(), stream, Some(config)).await?;
        Ok(Line(frames))
    }

    async fn connect(&self, to: &Url, number: u32) -> io::Result<Box<dyn Duplex>> {
        let host = to.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = to.port_or_known_default().unwrap_or(80);
        let mut last = io::Error::other("the name has no address");
        for address in lookup_host((host.as_str(), port)).await? {
            match self.connect_to(address, number).await {
                Ok(tcp) => return self.secured(to, &host, tcp).await,
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn connect_to(&self, to: SocketAddr, number: u32) -> io::Result<TcpStream> {
        let tcp = match self.sources.of(number, to) {
            None => TcpStream::connect(to).await?,
            Some(source) => {
                let socket = TcpSocket::new_v4()?;
                socket.bind(source)?;
                socket.connect(to).await?
            }
        };
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }

    async fn secured(&self, to: &Url, host: &str, tcp: TcpStream) -> io::Result<Box<dyn Duplex>> {
        if to.scheme() == "ws" {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(self.tls.connect(name, tcp).await?))
    }
}

impl Line {
    /// Sends an envelope.
    ///
    /// # Errors
    /// If the socket is at its end.
    pub async fn send(&mut self, envelope: &Bytes) -> Result<(), Ended> {
        let message = match std::str::from_utf8(envelope) {
            Ok(text) => Message::text(text),
            Err(_) => Message::Binary(envelope.clone()),
        };
        self.0.send(message).await.map_err(|_| Ended)
    }

    /// The next envelope.
    ///
    /// # Errors
    /// If the socket is at its end.
    pub async fn hear(&mut self) -> Result<Bytes, Ended> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.into()),
                Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Ended),
            }
        }
    }

    /// Says goodbye. What was under way until the other side agrees is still to be heard, by `hears`.
    pub async fn leave(mut self, mut hears: impl FnMut(&Bytes)) {
        if self.0.send(Message::Close(None)).await.is_err() {
            return;
        }
        let last_words = async {
            while let Ok(envelope) = self.hear().await {
                hears(&envelope);
            }
        };
        // A mediator that does not agree is left all the same.
        let _ = timeout(AGREES_WITHIN, last_words).await;
    }
}
