//! A connection as hyper sees it: the stream, a watch on slow peers, and word of when a response has left.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::receipt::Parcel;
use super::send_queue::{Look, look};
use super::stream::Stream;
use crate::{Count, Limits, Tally};

/// What the connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The rest of a request's head.
    Head = 0,
    /// Us: a body is being read, or an answer being made.
    Busy = 1,
    /// The next request.
    Idle = 2,
}

/// What the service tells the wire it is served on, and what the wire tells whoever waits for a receipt.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    phase: AtomicU8,
    broken: AtomicBool,
    ended: AtomicBool,
    unread: AtomicBool,
    parcel: Mutex<Option<Parcel>>,
}

impl Pulse {
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Head,
            1 => Phase::Busy,
            _ => Phase::Idle,
        }
    }

    /// Whether the peer has ended its side in good order, with everything acknowledged, since the last parcel was handed over.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Whether the connection was reset or has timed out.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// The request is answered without its body having been read.
    pub(crate) fn leaves_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// Hyper has taken the last byte of the response that carries this: the next complete flush ends in the kernel.
    pub(crate) fn handed_over(&self, parcel: Parcel) {
        self.ended.store(false, Ordering::Relaxed);
        *self.parcel.lock() = Some(parcel);
    }
}

/// How long, and for how many bytes, we listen to a request that we have refused already. Closing at once would reset the
/// connection and with it take the refusal away from the peer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// See the module.
pub(crate) struct Wire {
    stream: Stream,
    pulse: Arc<Pulse>,
    watch: Watch,
    stall: Stall,
    /// Bytes thrown away since our side was shut.
    discarded: Option<usize>,
}

/// The timer of the phase that the connection is in.
struct Watch {
    phase: Phase,
    timer: Pin<Box<Sleep>>,
    head: Duration,
    idle: Duration,
    tally: Arc<Tally>,
}

/// The timer of a write that waits for the peer to make room.
struct Stall {
    timer: Option<Pin<Box<Sleep>>>,
    patience: Duration,
    tally: Arc<Tally>,
}

impl Wire {
    pub(crate) fn new(
        stream: Stream,
        pulse: Arc<Pulse>,
        limits: &Limits,
        tally: Arc<Tally>,
    ) -> Self {
        let stall = Stall { timer: None, patience: limits.write_timeout, tally: tally.clone() };
        let timer = Box::pin(sleep(limits.header_timeout));
        let watch = Watch {
            phase: Phase::Head,
            timer,
            head: limits.header_timeout,
            idle: limits.idle,
            tally,
        };
        Self { stream, pulse, watch, stall, discarded: None }
    }

    /// The stream alone, for a connection that stops being HTTP.
    pub(crate) fn into_stream(self) -> Stream {
        self.stream
    }

    /// Reads what the peer still sends, until it stops or has had its time.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 4096];
        while self.discarded.is_some_and(|bytes| bytes < LINGER_BYTES)
            && self.watch.timer.as_mut().poll(cx).is_pending()
        {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.discarded = self.discarded.map(|bytes| bytes + buffer.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }

    /// Takes note of a read that found the peer's side ended. Many TLS stacks just close: to TLS that is an unexpected end, to
    /// TCP a good one.
    fn note(&self, read: io::Result<usize>) -> io::Result<()> {
        let end = match &read {
            Ok(length) => *length == 0,
            Err(error) => error.kind() == io::ErrorKind::UnexpectedEof,
        };
        if end && look(self.stream.tcp()) == Look::Empty {
            self.pulse.ended.store(true, Ordering::Relaxed);
        }
        read.map(drop).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> io::Error {
        if error.kind() != io::ErrorKind::UnexpectedEof {
            self.pulse.broken.store(true, Ordering::Relaxed);
        }
        error
    }
}

impl Stall {
    /// Passes on what a write came to, and errs once it has not come to anything for too long.
    fn check<T>(
        &mut self,
        write: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.timer = None;
            return write;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        ready!(timer.as_mut().poll(cx));
        self.tally.add(Count::WritesStalled);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Watch {
    /// Whether the peer has taken too long over the present phase.
    fn is_over(&mut self, phase: Phase, cx: &mut Context<'_>) -> bool {
        if phase != self.phase {
            self.phase = phase;
            let patience = if phase == Phase::Head { self.head } else { self.idle };
            self.timer.as_mut().reset(Instant::now() + patience);
        }
        phase != Phase::Busy && self.timer.as_mut().poll(cx).is_ready()
    }

    /// A request has begun: the time of whatever is read for next, the rest of its head or the one after it, begins anew. Nothing
    /// is read while a request is dealt with, so that we would not see that phase.
    fn request_begins(&mut self) {
        self.phase = Phase::Busy;
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let phase = wire.pulse.phase();
        let over = wire.watch.is_over(phase, cx);
        if over && phase == Phase::Head {
            wire.watch.tally.add(Count::HeadTimeouts);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let read = match Pin::new(&mut wire.stream).poll_read(cx, buffer) {
            // A request that has come by now has come in time.
            Poll::Pending if over => return Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            read => ready!(read),
        };
        let length = buffer.filled().len() - before;
        if phase == Phase::Idle && length > 0 {
            wire.pulse.enter(Phase::Head);
            wire.watch.request_begins();
        }
        Poll::Ready(wire.note(read.map(|()| length)))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let write = Pin::new(&mut wire.stream).poll_write(cx, bytes);
        wire.stall.check(write, cx).map_err(|error| wire.failed(error))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let write = Pin::new(&mut wire.stream).poll_write_vectored(cx, slices);
        wire.stall.check(write, cx).map_err(|error| wire.failed(error))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let flush = Pin::new(&mut wire.stream).poll_flush(cx);
        ready!(wire.stall.check(flush, cx)).map_err(|error| wire.failed(error))?;
        let parcel = wire.pulse.parcel.lock().take();
        if let Some(parcel) = parcel {
            parcel.written(wire.stream.tcp(), wire.pulse.clone());
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if wire.discarded.is_none() {
            ready!(Pin::new(&mut wire.stream).poll_shutdown(cx))?;
            wire.discarded = Some(0);
            wire.watch.timer.as_mut().reset(Instant::now() + LINGER);
        }
        if wire.pulse.unread.load(Ordering::Relaxed) {
            ready!(wire.poll_discard(cx));
        }
        Poll::Ready(Ok(()))
    }
}
