//! Orders for docks, put into their queues.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use store::{Pushed, Timestamp};

use super::super::{BerthId, Outlet, Reach, Unsent};
use super::{Order, ROOM, orders_of};
use crate::{CloseReason, Mediator};

/// Reaches sockets at docks by the queues of these docks, and all others by another outlet, if there is one.
pub struct QueueOutlet {
    office: Arc<Mediator>,
    others: Option<Arc<dyn Outlet>>,
    /// Docks that lived a moment ago, and until when that counts.
    living: Mutex<HashMap<String, Timestamp>>,
}

/// How long a dock that lives is not asked again.
const MOMENT: Duration = Duration::from_secs(1);

impl QueueOutlet {
    /// An outlet over the store of this mediator.
    pub fn new(office: Arc<Mediator>, others: Option<Arc<dyn Outlet>>) -> Self {
        Self { office, others, living: Mutex::default() }
    }

    async fn order(&self, dock: &str, order: Order) -> Result<(), Unsent> {
        let queue = orders_of(dock).ok_or(Unsent::Gone)?;
        match self.office.stores.queue.push(&queue, &[order.to_job()], ROOM).await {
            Ok(Pushed::Kept) => Ok(()),
            Ok(Pushed::NoRoom) => Err(Unsent::NoDock),
            Err(error) => {
                tracing::warn!(%error, "a frame could not be put into its dock's queue");
                Err(Unsent::Gone)
            }
        }
    }

    /// The same, unless the dock is dead: what is ordered there is never done.
    async fn order_if_it_lives(&self, dock: &str, order: Order) -> Result<(), Unsent> {
        if self.lives(dock).await { self.order(dock, order).await } else { Err(Unsent::NoDock) }
    }

    async fn lives(&self, dock: &str) -> bool {
        let now = self.office.clock.now();
        if self.living.lock().get(dock).is_some_and(|until| now < *until) {
            return true;
        }
        let lives = self.office.dock_lives(dock).await;
        let mut living = self.living.lock();
        living.retain(|_, until| now < *until);
        if lives {
            living.insert(dock.to_owned(), now + MOMENT);
        }
        lives
    }
}

#[async_trait]
impl Outlet for QueueOutlet {
    async fn send(&self, berth: &BerthId, reach: &Reach, envelope: Bytes) -> Result<(), Unsent> {
        match (reach, &self.others) {
            (Reach::Queue(dock), _) => {
                self.order_if_it_lives(dock, Order::Send(berth.clone(), envelope)).await
            }
            (_, Some(others)) => others.send(berth, reach, envelope).await,
            _ => Err(Unsent::Gone),
        }
    }

    async fn ping(&self, berth: &BerthId, reach: &Reach, payload: u64) -> Result<(), Unsent> {
        match (reach, &self.others) {
            (Reach::Queue(dock), _) => {
                self.order_if_it_lives(dock, Order::Ping(berth.clone(), payload)).await
            }
            (_, Some(others)) => others.ping(berth, reach, payload).await,
            _ => Err(Unsent::Gone),
        }
    }

    async fn close(&self, berth: &BerthId, reach: &Reach, reason: CloseReason) {
        match (reach, &self.others) {
            (Reach::Queue(dock), _) => {
                let order = Order::Close(berth.clone(), reason.code(), reason.text().to_owned());
                // Also where the dock seems to be dead: if it is only slow, its wallet should come again.
                let _ = self.order(dock, order).await;
            }
            (_, Some(others)) => others.close(berth, reach, reason).await,
            _ => {}
        }
    }
}
