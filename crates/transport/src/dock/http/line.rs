//! One connection to a backend, and one request at a time on it.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use tokio_util::io::poll_read_buf;

use super::answer::{Answer, Reading};

/// With TLS or without.
pub(super) type Bare = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Room for a usual answer.
const READ_BYTES: usize = 1024;

/// An open connection. It is driven by whoever asks on it: no task of its own, no hand-over between threads.
pub(super) struct Line {
    wire: Bare,
    read: BytesMut,
    /// When the last answer was complete.
    pub(super) rested: Instant,
}

impl Line {
    pub(super) fn on(wire: Bare) -> Self {
        Self { wire, read: BytesMut::new(), rested: Instant::now() }
    }

    /// Writes the request and reads the answer, which may come before all of the request was taken.
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        let (mut unsent, mut reading) = (Some(request), Reading::default());
        poll_fn(|cx| {
            if let Some(rest) = &mut unsent {
                match self.poll_write(cx, rest) {
                    Poll::Pending => {}
                    // Who has stopped reading may have said why.
                    Poll::Ready(_) => unsent = None,
                }
            }
            let mut answer = ready!(self.poll_answer(cx, &mut reading))?;
            answer.stays &= unsent.is_none();
            Poll::Ready(Ok(answer))
        })
        .await
    }

    /// Whether another request may follow. Whatever the peer has done since the last one makes the connection useless.
    pub(super) async fn is_open(&mut self) -> bool {
        poll_fn(|cx| Poll::Ready(self.poll_read(cx).is_pending())).await
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, rest: &mut &[u8]) -> Poll<io::Result<()>> {
        let mut wire = Pin::new(&mut self.wire);
        while !rest.is_empty() {
            let written = ready!(wire.as_mut().poll_write(cx, rest))?;
            *rest = rest.get(written..).filter(|_| written > 0).ok_or(io::ErrorKind::WriteZero)?;
        }
        wire.poll_flush(cx)
    }

    fn poll_answer(
        &mut self,
        cx: &mut Context<'_>,
        reading: &mut Reading,
    ) -> Poll<io::Result<Answer>> {
        loop {
            if ready!(self.poll_read(cx))? == 0 {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            if let Some(answer) = reading.take(&mut self.read)? {
                return Poll::Ready(Ok(answer));
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.read.reserve(READ_BYTES);
        poll_read_buf(Pin::new(&mut self.wire), cx, &mut self.read)
    }
}
