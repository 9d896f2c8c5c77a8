//! A dock before our own mediators, with a store between them instead of callbacks.

use std::sync::Arc;
use std::time::Duration;

use mediator::docked::{BerthId, Event, Mooring, Order, Quay};
use mediator::{Answer, CloseReason};
use tokio::time::{Instant, sleep};

use super::{Backend, Berth, Berths, Message, Turned, Unsent};
use crate::{Frame, Visit};

/// Puts what sockets bring where mediators find it.
pub struct NativeBackend {
    mooring: Arc<Mooring>,
    patience: Duration,
}

/// How long to leave alone a store that is away.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

impl NativeBackend {
    /// A backend that goes on trying for so long while the store is away.
    pub fn new(mooring: Arc<Mooring>, patience: Duration) -> Self {
        Self { mooring, patience }
    }

    async fn tell(&self, berth: &Berth, event: Event) -> Result<(), Turned> {
        let id = name(berth).ok_or(Turned::Refused)?;
        let until = Instant::now() + self.patience;
        while let Err(error) = self.mooring.tell(id.clone(), event.clone()).await {
            if Instant::now() >= until {
                tracing::warn!(%error, "what a socket brought could not be kept");
                return Err(Turned::TryLater);
            }
            sleep(AGAIN_AFTER).await;
        }
        Ok(())
    }
}

fn name(berth: &Berth) -> Option<BerthId> {
    berth.id().to_string().parse().ok()
}

impl Backend for NativeBackend {
    const TAKES_POSTS: bool = true;

    async fn opened(&self, berth: &Arc<Berth>, _: Visit) -> Result<(), Turned> {
        self.tell(berth, Event::Opened).await
    }

    async fn message(&self, berth: &Arc<Berth>, message: Message) -> Result<(), Turned> {
        let (Frame::Text(payload) | Frame::Binary(payload)) = message.frame;
        self.tell(berth, Event::Frame(payload)).await
    }

    async fn pong(&self, berth: &Arc<Berth>, payload: u64) {
        // Another one comes; mail that is not proven comes again.
        let Some(id) = name(berth) else { return };
        let _ = self.mooring.tell(id, Event::Pong(payload)).await;
    }

    async fn closed(&self, berth: &Arc<Berth>) {
        // A mediator that is not told finds out when it sends.
        let _ = self.tell(berth, Event::Closed).await;
    }

    async fn post(&self, envelope: &[u8]) -> Answer {
        self.mooring.post(envelope).await
    }
}

/// Carries out at a dock's sockets what mediators order.
pub struct NativeQuay(Arc<Berths>);

impl NativeQuay {
    /// A quay with these sockets.
    pub fn new(berths: Arc<Berths>) -> Self {
        Self(berths)
    }

    fn find(&self, id: &BerthId) -> Option<Arc<Berth>> {
        self.0.find(id.as_str().parse().ok()?)
    }
}

impl Quay for NativeQuay {
    async fn carry_out(&self, order: Order) {
        match order {
            Order::Send(id, envelope) => {
                let Some(berth) = self.find(&id) else { return };
                if berth.send(Frame::Text(envelope)) == Err(Unsent::Full) {
                    // Nobody could be told that a frame is missing.
                    close(berth, CloseReason::TryLater);
                }
            }
            Order::Ping(id, payload) => {
                // Without a pong its mediator closes it.
                let _ = self.find(&id).map(|berth| berth.ping(payload));
            }
            Order::Close(id, code, _) => {
                let reason = CloseReason::ALL.into_iter().find(|reason| reason.code() == code);
                if let Some(berth) = self.find(&id) {
                    close(berth, reason.unwrap_or(CloseReason::GoingAway));
                }
            }
            Order::Answer(..) => {}
        }
    }

    fn let_all_go(&self) {
        self.0.all().into_iter().for_each(|berth| close(berth, CloseReason::TryLater));
    }
}

/// Closes a socket without waiting for its peer.
fn close(berth: Arc<Berth>, reason: CloseReason) {
    tokio::spawn(async move { berth.close(reason.code(), reason.text()).await });
}
