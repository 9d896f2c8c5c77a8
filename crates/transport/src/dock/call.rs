//! The life of one socket at a dock.
//!
//! One task, and next to nothing in it while the socket is at rest: what is done about a message is boxed, and gone when it is done.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;

use mediator::{CloseReason, Link, LinkDown};
use tokio::select;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::berth::Order;
use super::berths::Mooring;
use super::farewell::{Goodbye, Rest};
use super::inbox::Inbox;
use super::signs::{Due, Signs};
use super::work::{Work, beside, hand_over, open, progress};
use super::{Backend, BerthId, Dock, DockCount, Turned};
use crate::{Arrived, Frame, Socket, Visit};

/// What happens next on a socket.
enum Event {
    Arrived(Option<Arrived>),
    Order(Order),
    Worked(Result<(), Turned>),
    Drain,
    Timer,
}

struct Call<B> {
    dock: Arc<Dock<B>>,
    mooring: Mooring,
    socket: Socket,
    inbox: Inbox,
    work: Option<Work>,
    signs: Signs,
}

/// Serves a socket until it is over and the backend has all of it.
pub(super) fn serve<B: Backend>(
    dock: Arc<Dock<B>>,
    visit: Visit,
    socket: Socket,
    drain: CancellationToken,
) -> impl Future<Output = ()> + Send {
    // Begun out here and attended where it is, or the future would keep room for the visit, and twice for the call.
    let mut begun = Call::begin(dock, visit, socket);
    async move {
        let Some(call) = &mut begun else { return };
        let goodbye = call.attend(&drain).await;
        if let Some(call) = begun.take() {
            // What the end needs room for is not kept at rest.
            Box::pin(call.finish(goodbye)).await;
        }
    }
}

impl<B: Backend> Call<B> {
    fn begin(dock: Arc<Dock<B>>, visit: Visit, socket: Socket) -> Option<Self> {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).ok()?;
        let mooring = dock.berths.moor(BerthId::from_random(random), dock.options.outbox_bytes);
        let work = Some(open(dock.clone(), mooring.berth().clone(), visit));
        let inbox = Inbox::new(dock.options.inbox_bytes);
        Some(Self { dock, mooring, socket, inbox, work, signs: Signs::new(Instant::now()) })
    }

    /// Until the socket is to end.
    async fn attend(&mut self, drain: &CancellationToken) -> Goodbye {
        let mut drained = pin!(drain.cancelled());
        let mut timer = pin!(sleep_until(self.signs.next(&self.dock.options)));
        loop {
            let event = select! {
                () = drained.as_mut() => Event::Drain,
                outcome = progress(&mut self.work) => Event::Worked(outcome),
                order = self.mooring.berth().next() => Event::Order(order),
                arrived = self.socket.arrive(), if self.inbox.has_room() => Event::Arrived(arrived),
                () = timer.as_mut() => Event::Timer,
            };
            let step = match event {
                Event::Arrived(arrived) => self.take_in(arrived),
                Event::Order(order) => Box::pin(self.obey(order)).await,
                Event::Worked(outcome) => self.go_on(outcome),
                Event::Timer => match Box::pin(self.look()).await {
                    ControlFlow::Continue(next) => {
                        timer.as_mut().reset(next);
                        ControlFlow::Continue(())
                    }
                    ControlFlow::Break(goodbye) => ControlFlow::Break(goodbye),
                },
                Event::Drain => ControlFlow::Break(Box::pin(self.empty_outbox()).await),
            };
            if let ControlFlow::Break(goodbye) = step {
                return goodbye;
            }
        }
    }

    fn take_in(&mut self, arrived: Option<Arrived>) -> ControlFlow<Goodbye> {
        let now = Instant::now();
        self.signs.heard(now);
        match arrived {
            None => return ControlFlow::Break(Goodbye::Theirs),
            Some(Arrived::Frame(frame)) => {
                self.signs.busy(now);
                self.dock.tally.add(DockCount::Received);
                self.inbox.put_frame(frame);
            }
            Some(Arrived::Pong(payload)) if payload != OWN_PING => self.inbox.put_pong(payload),
            Some(Arrived::Pong(_) | Arrived::Alive) => {}
        }
        self.begin_work();
        ControlFlow::Continue(())
    }

    fn go_on(&mut self, outcome: Result<(), Turned>) -> ControlFlow<Goodbye> {
        self.work = None;
        if let Err(turned) = outcome {
            return ControlFlow::Break(Goodbye::Turned(turned));
        }
        self.begin_work();
        ControlFlow::Continue(())
    }

    fn begin_work(&mut self) {
        if self.work.is_some() {
            return;
        }
        if let Some(item) = self.inbox.take() {
            let berth = self.mooring.berth().clone();
            self.work = Some(hand_over(self.dock.clone(), berth, item));
        }
    }

    async fn obey(&mut self, order: Order) -> ControlFlow<Goodbye> {
        let done = match order {
            Order::Send(frame) => self.send(frame).await,
            Order::Ping(payload) => self.ping(payload).await,
            close @ Order::Close { .. } => return ControlFlow::Break(Goodbye::Ordered(close)),
        };
        down(done)
    }

    async fn send(&mut self, frame: Frame) -> Result<(), LinkDown> {
        beside(&mut self.work, self.socket.put(frame)).await?;
        self.signs.busy(Instant::now());
        self.dock.tally.add(DockCount::Sent);
        Ok(())
    }

    async fn ping(&mut self, payload: u64) -> Result<(), LinkDown> {
        beside(&mut self.work, self.socket.ping(payload)).await
    }

    /// Sees whether the peer still lives, and says when to look again.
    async fn look(&mut self) -> ControlFlow<Goodbye, Instant> {
        let now = Instant::now();
        if !self.inbox.has_room() {
            // Its pongs are not read; that is our doing.
            self.signs.heard(now);
        }
        match self.signs.due(now, &self.dock.options) {
            Due::Wait(next) => ControlFlow::Continue(next),
            Due::Ping => {
                let sent = self.ping(OWN_PING).await;
                down(sent)?;
                ControlFlow::Continue(self.signs.next(&self.dock.options))
            }
            Due::Dead => self.end(DockCount::SocketsDead, CloseReason::NoProofOfLife),
            Due::Idle => self.end(DockCount::SocketsIdle, CloseReason::Idle),
        }
    }

    fn end(&self, count: DockCount, reason: CloseReason) -> ControlFlow<Goodbye, Instant> {
        self.dock.tally.add(count);
        ControlFlow::Break(reason.into())
    }

    /// What was sent before the end began still goes out.
    async fn empty_outbox(&mut self) -> Goodbye {
        while let Some(order) = self.mooring.berth().try_next() {
            if let ControlFlow::Break(goodbye) = self.obey(order).await {
                return goodbye;
            }
        }
        CloseReason::GoingAway.into()
    }

    /// Ends the socket and gives the backend the rest of it. The descriptor is free as soon as the peer agrees.
    async fn finish(self, goodbye: Goodbye) {
        let Self { dock, mooring, socket, inbox, work, .. } = self;
        let berth = mooring.berth().clone();
        drop(mooring);
        Rest { dock, berth, inbox }.take_leave(socket, work, goodbye).await;
    }
}

/// The payload of the pings by which the dock itself sees whether a peer lives.
const OWN_PING: u64 = 0;

fn down(done: Result<(), LinkDown>) -> ControlFlow<Goodbye> {
    match done {
        Ok(()) => ControlFlow::Continue(()),
        Err(LinkDown) => ControlFlow::Break(Goodbye::Theirs),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use bytes::Bytes;
    use hyper::Request;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::dock::{Berths, DockOptions, DockTally, Loopback};
    use crate::server::places::Places;
    use crate::server::stream::Stream;
    use crate::{Limits, Tally};

    async fn socket() -> Socket {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let place = Places::new(1, 1).take(IpAddr::from([127, 0, 0, 1])).unwrap();
        let (limits, tally) = (Limits::default(), Arc::new(Tally::default()));
        Socket::accept(Stream::Plain(tcp), Bytes::new(), &limits, tally, place).await
    }

    #[tokio::test]
    async fn a_socket_at_rest_is_a_small_task() {
        let (berths, tally) = (Arc::<Berths>::default(), Arc::<DockTally>::default());
        let dock = Arc::new(Dock::new(Loopback, berths, tally, DockOptions::default()));
        let visit = Visit::new(
            Request::get("/ws").body(()).unwrap().into_parts().0,
            IpAddr::from([127, 0, 0, 1]),
        );
        let served = serve(dock, visit, socket().await, CancellationToken::new());
        let bytes = size_of_val(&served);
        assert!(bytes <= 768, "{bytes} bytes");
    }
}
