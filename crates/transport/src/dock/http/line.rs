//! One connection to a backend, and one request at a time on it.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::{Buf, Bytes};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::select;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// With TLS or without.
pub(super) type Bare = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Answers are read, so that the connection can be used again, up to here.
const ANSWER_BYTES: usize = 64 * 1024;

/// An open connection. It is driven by whoever asks on it: no task of its own, no hand-over between threads.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    wire: Pin<Box<Connection<TokioIo<Bare>, Full<Bytes>>>>,
    over: bool,
    /// When the last answer was complete.
    pub(super) rested: Instant,
}

impl Line {
    pub(super) async fn on(stream: Bare) -> hyper::Result<Self> {
        let (sender, wire) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, wire: Box::pin(wire), over: false, rested: Instant::now() })
    }

    /// Asks and reads the whole answer, of which the status matters.
    pub(super) async fn ask(&mut self, request: Request<Full<Bytes>>) -> io::Result<StatusCode> {
        let Self { sender, wire, over, .. } = self;
        let mut answer = pin!(exchange(sender, request));
        select! {
            biased;
            answer = answer.as_mut() => answer,
            // The last answer on a connection may be there already.
            _ = wire, if !*over => {
                *over = true;
                answer.await
            }
        }
    }

    /// Whether another request may follow. Notices what the peer has done since the last one.
    pub(super) async fn is_open(&mut self) -> bool {
        let Self { sender, wire, over, .. } = self;
        poll_fn(|cx| {
            *over = *over || wire.as_mut().poll(cx).is_ready();
            Poll::Ready(())
        })
        .await;
        !*over && !sender.is_closed()
    }
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> io::Result<StatusCode> {
    sender.ready().await.map_err(io::Error::other)?;
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = response.status();
    discard(response.into_body()).await?;
    Ok(status)
}

async fn discard(mut body: Incoming) -> io::Result<()> {
    let mut left = ANSWER_BYTES;
    while let Some(frame) = body.frame().await {
        let length =
            frame.map_err(io::Error::other)?.into_data().map_or(0, |data| data.remaining());
        left = left
            .checked_sub(length)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a long answer"))?;
    }
    Ok(())
}
