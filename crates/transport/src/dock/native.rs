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

    async fn tell(&self, berth: &Berth, event: Event, number: Option<u64>) -> Result<(), Turned> {
        let id = name(berth).ok_or(Turned::Refused)?;
        let until = Instant::now() + self.patience;
        while let Err(error) = self.mooring.tell_counted(id.clone(), event.clone(), number).await {
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
        self.tell(berth, Event::Opened, None).await
    }

    async fn message(&self, berth: &Arc<Berth>, message: Message) -> Result<(), Turned> {
        let Message { number, frame: Frame::Text(payload) | Frame::Binary(payload) } = message;
        // What could not be kept may have been kept all the same; by its number it is known when it comes twice.
        self.tell(berth, Event::Frame(payload), Some(number)).await
    }

    async fn pong(&self, berth: &Arc<Berth>, payload: u64) {
        // Another one comes; mail that is not proven comes again.
        let Some(id) = name(berth) else { return };
        let _ = self.mooring.tell(id, Event::Pong(payload)).await;
    }

    async fn closed(&self, berth: &Arc<Berth>) {
        // A mediator that is not told finds out when it sends.
        let _ = self.tell(berth, Event::Closed, None).await;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;
    use bytes::Bytes;
    use mediator::docked::Note;
    use store::memory::MemoryStore;
    use store::{
        Backlog, Claim, Clock, Pushed, Queue, QueueName, QueueWatch, Result, Room, StoreError,
        Stores, Ticket, Timestamp,
    };

    use super::*;
    use crate::dock::BerthId as Id;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    /// Keeps what it is given, and does not say so the first time.
    struct Doubtful {
        inner: Arc<MemoryStore>,
        was_asked: AtomicBool,
    }

    #[async_trait]
    impl Queue for Doubtful {
        async fn push(&self, queue: &QueueName, jobs: &[Bytes], room: Room) -> Result<Pushed> {
            let pushed = self.inner.push(queue, jobs, room).await;
            match self.was_asked.swap(true, Ordering::Relaxed) {
                true => pushed,
                false => Err(StoreError::Unavailable("the connection broke".to_owned())),
            }
        }

        async fn claim(&self, queue: &QueueName, most: usize, until: Timestamp) -> Result<Claim> {
            self.inner.claim(queue, most, until).await
        }

        async fn finish(&self, queue: &QueueName, ticket: Ticket) -> Result<bool> {
            self.inner.finish(queue, ticket).await
        }

        async fn defer(&self, queue: &QueueName, ticket: Ticket, at: Timestamp) -> Result<bool> {
            self.inner.defer(queue, ticket, at).await
        }

        async fn watch(&self, queue: &QueueName) -> Result<QueueWatch> {
            self.inner.watch(queue).await
        }

        async fn backlog(&self, queue: &QueueName) -> Result<Backlog> {
            self.inner.backlog(queue).await
        }
    }

    async fn numbers(store: &MemoryStore) -> Vec<Option<u64>> {
        let mut numbers = Vec::new();
        for part in 0..64 {
            let queue = format!("dock.in.{part}").parse().unwrap();
            let claim = store.claim(&queue, 10, Timestamp(1)).await.unwrap();
            let notes = claim.jobs.iter().filter_map(|job| Note::from_job(&job.body));
            numbers.extend(notes.map(|note| note.number));
        }
        numbers
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_whose_keeping_was_in_doubt_is_told_again_by_its_number() {
        let inner = Arc::new(MemoryStore::new(Arc::new(Noon)));
        let queue = Doubtful { inner: inner.clone(), was_asked: AtomicBool::new(false) };
        let stores = Stores { queue: Arc::new(queue), ..Stores::of(inner.clone()) };
        let mooring = Mooring::new(stores, Arc::new(Noon), "north");
        let backend = NativeBackend::new(mooring, Duration::from_secs(10));
        let berth = Arc::new(Berth::new(Id::from_random([7; 16]), 100));
        let message = Message { number: 3, frame: Frame::Text("hello".into()) };
        assert_eq!(backend.message(&berth, message).await, Ok(()));
        assert_eq!(numbers(&inner).await, [Some(3), Some(3)]);
    }
}
