//! The dock's handle of one socket.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::BerthId;
use crate::Frame;

/// One socket, as those see it who send to it. Everything sent waits in a bounded outbox until TCP takes it.
pub struct Berth {
    id: BerthId,
    outbox: Mutex<Outbox>,
}

/// What is to be done on a socket.
#[derive(Debug)]
pub(super) enum Order {
    Send(Frame),
    Ping(u64),
    Close { code: u16, reason: &'static str, done: oneshot::Sender<()> },
}

struct Outbox {
    orders: VecDeque<Order>,
    bytes: usize,
    most: usize,
    moored: bool,
    waker: Option<Waker>,
}

/// Why something was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The socket is over.
    #[error("the socket is over")]
    Gone,
    /// So much waits for the peer already that no more is taken.
    #[error("the peer does not read")]
    Full,
}

/// What an order takes in the outbox beside its payload.
const ORDER_BYTES: usize = 64;

impl Order {
    fn bytes(&self) -> usize {
        match self {
            Self::Send(frame) => frame.payload().len() + ORDER_BYTES,
            Self::Ping(_) | Self::Close { .. } => ORDER_BYTES,
        }
    }
}

impl Berth {
    /// The berth of a new socket, with room for about `most` bytes that wait.
    pub(super) fn new(id: BerthId, most: usize) -> Self {
        let outbox = Outbox { orders: VecDeque::new(), bytes: 0, most, moored: true, waker: None };
        Self { id, outbox: Mutex::new(outbox) }
    }

    /// Its name.
    pub fn id(&self) -> BerthId {
        self.id
    }

    /// Whether the socket is still there.
    pub fn is_moored(&self) -> bool {
        self.outbox.lock().moored
    }

    /// Sends a message behind all that was sent before. That it was taken says nothing about the peer.
    ///
    /// # Errors
    ///
    /// If the socket is over, or its outbox is full. A message that is larger than the whole outbox is taken if that is empty.
    pub fn send(&self, frame: Frame) -> Result<(), Unsent> {
        self.order(Order::Send(frame))
    }

    /// Sends a ping, whose pong comes back to [`Backend::pong`](super::Backend::pong). Payload 0 is the dock's own.
    ///
    /// # Errors
    ///
    /// As [`Berth::send`].
    pub fn ping(&self, payload: u64) -> Result<(), Unsent> {
        self.order(Order::Ping(payload))
    }

    /// Closes the socket behind all that was sent before, and waits until it is closed.
    ///
    /// # Errors
    ///
    /// If it is over already.
    pub async fn close(&self, code: u16, reason: &'static str) -> Result<(), Unsent> {
        let (done, closed) = oneshot::channel();
        self.order(Order::Close { code, reason, done })?;
        // Dropped unsent, it says that the socket has ended some other way.
        let _ = closed.await;
        Ok(())
    }

    fn order(&self, order: Order) -> Result<(), Unsent> {
        let mut outbox = self.outbox.lock();
        if !outbox.moored {
            return Err(Unsent::Gone);
        }
        let closes = matches!(order, Order::Close { .. });
        if outbox.bytes > 0 && outbox.bytes + order.bytes() > outbox.most && !closes {
            return Err(Unsent::Full);
        }
        outbox.bytes += order.bytes();
        outbox.orders.push_back(order);
        let waker = outbox.waker.take();
        drop(outbox);
        waker.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// The next order. A call that is dropped loses nothing.
    pub(super) async fn next(&self) -> Order {
        poll_fn(|cx| {
            let mut outbox = self.outbox.lock();
            match outbox.pop() {
                Some(order) => Poll::Ready(order),
                None => {
                    outbox.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// The next order, if there is one already.
    pub(super) fn try_next(&self) -> Option<Order> {
        self.outbox.lock().pop()
    }

    /// From here on everything sent finds nobody.
    pub(super) fn cast_off(&self) {
        let mut outbox = self.outbox.lock();
        outbox.moored = false;
        outbox.waker = None;
        // Whoever waits for the close finds out by this.
        outbox.orders = VecDeque::new();
    }
}

impl Outbox {
    fn pop(&mut self) -> Option<Order> {
        let order = self.orders.pop_front()?;
        self.bytes -= order.bytes();
        if self.orders.is_empty() {
            // Most sockets are idle nearly always.
            self.orders = VecDeque::new();
        }
        Some(order)
    }
}

impl fmt::Debug for Berth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Berth").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn text(payload: &'static str) -> Frame {
        Frame::Text(Bytes::from_static(payload.as_bytes()))
    }

    fn berth(most: usize) -> Berth {
        Berth::new(BerthId::from_random([7; 16]), most)
    }

    #[test]
    fn a_full_outbox_takes_no_more_until_something_has_left() {
        let berth = berth(200);
        assert_eq!(berth.send(text("one")), Ok(()));
        assert_eq!(berth.send(text("two")), Ok(()));
        assert_eq!(berth.send(text("three")), Err(Unsent::Full));
        assert!(matches!(berth.try_next(), Some(Order::Send(frame)) if frame == text("one")));
        assert_eq!(berth.send(text("three")), Ok(()));
    }

    #[test]
    fn a_message_larger_than_the_outbox_is_taken_if_nothing_waits() {
        let berth = berth(10);
        assert_eq!(berth.send(text("a message of more than ten bytes")), Ok(()));
        assert_eq!(berth.send(text("x")), Err(Unsent::Full));
    }

    #[tokio::test]
    async fn who_waits_for_a_close_hears_of_any_end() {
        let berth = berth(200);
        let (closed, ()) = tokio::join!(berth.close(1000, ""), async { berth.cast_off() });
        assert_eq!(closed, Ok(()));
        assert_eq!(berth.send(text("x")), Err(Unsent::Gone));
    }
}
