//! The end of a socket at a dock: it is closed, and the backend gets what is left of it.

use std::sync::Arc;

use futures_util::future::join;
use mediator::CloseReason;

use super::berth::Order;
use super::inbox::Inbox;
use super::work::{Work, hand_over};
use super::{Backend, Berth, Dock, DockCount, Turned};
use crate::{Frame, Socket};

/// How a socket ends.
#[derive(Debug)]
pub(super) enum Goodbye {
    /// Its peer has ended it, or it broke.
    Theirs,
    /// We close it.
    Ours { code: u16, reason: &'static str },
    /// The backend had it closed and waits for that.
    Ordered(Order),
    /// The backend has had enough of it.
    Turned(Turned),
}

impl From<CloseReason> for Goodbye {
    fn from(reason: CloseReason) -> Self {
        Self::Ours { code: reason.code(), reason: reason.text() }
    }
}

/// What is left of a socket when it is over.
pub(super) struct Rest<B> {
    pub(super) dock: Arc<Dock<B>>,
    pub(super) berth: Arc<Berth>,
    pub(super) inbox: Inbox,
}

impl<B: Backend> Rest<B> {
    /// Closes the socket, hands over what it brought, and says that it is over.
    pub(super) async fn take_leave(mut self, socket: Socket, work: Option<Work>, goodbye: Goodbye) {
        let turned = match &goodbye {
            Goodbye::Turned(turned) => Err(*turned),
            _ => Ok(()),
        };
        let closed = close(socket, goodbye, self.dock.options.inbox_bytes);
        let (late, outcome) = match turned {
            Ok(()) => join(closed, self.drain(work)).await,
            Err(_) => (closed.await, turned),
        };
        self.end(late, outcome).await;
    }

    /// Hands over what came while the socket was closed, and says that it is over.
    async fn end(mut self, late: Vec<Frame>, mut outcome: Result<(), Turned>) {
        self.dock.tally.add_many(DockCount::Received, late.len() as u64);
        late.into_iter().for_each(|frame| self.inbox.put_frame(frame));
        if outcome.is_ok() {
            outcome = self.drain(None).await;
        }
        self.dock.tally.add_many(DockCount::Lost, self.inbox.waiting());
        self.dock.tally.deal_with(self.inbox.waiting());
        match outcome {
            Err(Turned::Refused) => return self.dock.tally.add(DockCount::SocketsRefused),
            Err(Turned::TryLater) => self.dock.tally.add(DockCount::SocketsPutOff),
            Err(Turned::Unfit | Turned::TooLarge) | Ok(()) => {}
        }
        self.dock.backend.closed(&self.berth).await;
    }

    async fn drain(&mut self, work: Option<Work>) -> Result<(), Turned> {
        if let Some(work) = work {
            work.await?;
        }
        while let Some(item) = self.inbox.take() {
            hand_over(self.dock.clone(), self.berth.clone(), item).await?;
        }
        Ok(())
    }
}

/// Closes the socket, and returns what was still under way.
async fn close(mut socket: Socket, goodbye: Goodbye, most: usize) -> Vec<Frame> {
    match goodbye {
        Goodbye::Theirs | Goodbye::Ordered(Order::Send(_) | Order::Ping(_)) => Vec::new(),
        Goodbye::Ours { code, reason } => socket.close_hearing(code, reason, most).await,
        Goodbye::Turned(turned) => socket.close_hearing(turned.code(), turned.text(), most).await,
        Goodbye::Ordered(Order::Close { code, reason, done }) => {
            let late = socket.close_hearing(code, reason, most).await;
            // Nobody may be waiting any more.
            let _ = done.send(());
            late
        }
    }
}
