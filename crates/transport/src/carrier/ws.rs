//! One WebSocket for a batch: every envelope a binary frame, then a Close frame, and the peer's own as the receipt.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use mediator::{Carried, End};
use reqwest::Url;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::tungstenite::{self, Error};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::names::{Names, NoAddress};
use super::{CarrierOptions, Outcome, stopped};
use crate::socket;

/// What a peer may send us on a socket that we opened to bring it something.
const FRAME_BYTES: usize = 64 * 1024;

/// See the module.
pub(super) struct Dialer {
    tls: TlsConnector,
    names: Arc<Names>,
    timeout: Duration,
    connect_timeout: Duration,
}

/// Any stream a WebSocket can run on.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

type Frames = WebSocketStream<Box<dyn Duplex>>;

impl Dialer {
    pub(super) fn new(options: &CarrierOptions, tls: ClientConfig, names: Arc<Names>) -> Self {
        Self {
            tls: TlsConnector::from(Arc::new(tls)),
            names,
            timeout: options.timeout,
            connect_timeout: options.connect_timeout,
        }
    }

    pub(super) async fn carry(&self, url: &Url, envelopes: &[Bytes]) -> Carried {
        match self.batch(url, envelopes).await {
            Outcome::Taken => stopped(envelopes.len(), End::Done),
            // Which one it was shows only when they come one by one.
            Outcome::Refused(_) if envelopes.len() > 1 => {
                match self.batch(url, &envelopes[..1]).await {
                    Outcome::Taken => {
                        stopped(1, End::Failed("one of the envelopes is refused".to_owned()))
                    }
                    outcome => stopped(0, outcome.into()),
                }
            }
            outcome => stopped(0, outcome.into()),
        }
    }

    async fn batch(&self, url: &Url, envelopes: &[Bytes]) -> Outcome {
        match timeout(self.timeout, self.try_batch(url, envelopes)).await {
            Ok(Ok(outcome) | Err(outcome)) => outcome,
            Err(_) => Outcome::Failed("no answer in time".to_owned()),
        }
    }

    async fn try_batch(&self, url: &Url, envelopes: &[Bytes]) -> Result<Outcome, Outcome> {
        let addresses = self.names.of_url(url).await.map_err(unreachable)?;
        let stream = timeout(self.connect_timeout, self.connect(url, &addresses))
            .await
            .map_err(|_| Outcome::Failed("no connection in time".to_owned()))?
            .map_err(|error| Outcome::Failed(error.to_string()))?;
        let (mut frames, _) =
            client_async_with_config(url.as_str(), stream, Some(socket::config(FRAME_BYTES)))
                .await
                .map_err(judge)?;
        let sent = send(&mut frames, envelopes).await;
        Ok(receipt(&mut frames, sent.is_ok()).await)
    }

    async fn connect(&self, url: &Url, addresses: &[SocketAddr]) -> io::Result<Box<dyn Duplex>> {
        let tcp = TcpStream::connect(addresses).await?;
        tcp.set_nodelay(true)?;
        if url.scheme() == "ws" {
            return Ok(Box::new(tcp));
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        Ok(Box::new(self.tls.connect(name, tcp).await?))
    }
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dialer")
    }
}

async fn send(frames: &mut Frames, envelopes: &[Bytes]) -> Result<(), Error> {
    for envelope in envelopes {
        frames.feed(Message::Binary(envelope.clone())).await?;
    }
    frames.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await
}

/// What the peer says to it. Its pongs and pings may have been under way before it saw anything; a message, or its agreement to
/// the end, was not.
async fn receipt(frames: &mut Frames, sent: bool) -> Outcome {
    while let Some(Ok(message)) = frames.next().await {
        match message {
            Message::Close(frame) => return closed(frame, sent),
            Message::Text(_) | Message::Binary(_) if sent => return Outcome::Taken,
            _ => {}
        }
    }
    Outcome::Failed("the socket broke off".to_owned())
}

/// What the peer's close frame means (RFC 6455, section 7.4.1). An answer to ours repeats its code or has none; "going away" is the
/// peer's own idea and may have crossed with what we sent.
fn closed(frame: Option<CloseFrame>, sent: bool) -> Outcome {
    match frame.map_or(CloseCode::Status, |frame| frame.code) {
        CloseCode::Normal | CloseCode::Status if sent => Outcome::Taken,
        CloseCode::Unsupported | CloseCode::Invalid | CloseCode::Policy | CloseCode::Size => {
            Outcome::Refused("the socket was closed on the envelope".to_owned())
        }
        code => Outcome::Failed(format!("the socket was closed with {}", u16::from(code))),
    }
}

fn unreachable(why: NoAddress) -> Outcome {
    match why {
        NoAddress::Forbidden => Outcome::Forbidden(why.to_string()),
        NoAddress::Unknown => Outcome::Failed(why.to_string()),
    }
}

/// What a failed handshake means. An endpoint that speaks no WebSocket may be one that is being replaced: that is no refusal.
fn judge(error: tungstenite::Error) -> Outcome {
    match error {
        Error::Http(response) => Outcome::Failed(response.status().to_string()),
        error => Outcome::Failed(error.to_string()),
    }
}
