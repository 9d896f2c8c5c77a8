//! Readers that go without a word: their watch was dropped, or they did not wait until they had one.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use store::{Epoch, Holder, RecipientId, StoreError};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::sleep;

use crate::engine::Engine;

/// Between two attempts to tell an engine that is away.
const PAUSE: Duration = Duration::from_millis(500);

type Session = (RecipientId, Epoch);

/// The sessions that left and of which the engine does not know it yet.
#[derive(Clone)]
pub(crate) struct Leaving {
    sessions: Arc<Mutex<HashSet<Session>>>,
    farewells: UnboundedSender<Session>,
}

impl Leaving {
    pub(crate) fn new() -> (Self, UnboundedReceiver<Session>) {
        let (farewells, heard) = mpsc::unbounded_channel();
        (Self { sessions: Arc::default(), farewells }, heard)
    }

    pub(crate) fn begin(&self, owner: RecipientId, epoch: Epoch) {
        self.sessions.lock().insert((owner, epoch));
        // Nobody hears it when the store is closing, and then nobody needs to.
        let _ = self.farewells.send((owner, epoch));
    }

    pub(crate) fn contains(&self, owner: RecipientId, epoch: Epoch) -> bool {
        self.sessions.lock().contains(&(owner, epoch))
    }

    /// Lets a session leave that is about to become a reader and does not get that far.
    pub(crate) fn unless_it_arrives(&self, owner: RecipientId, epoch: Epoch) -> Arrival {
        Arrival { session: Some((owner, epoch)), leaving: self.clone() }
    }
}

/// A session on its way.
pub(crate) struct Arrival {
    session: Option<Session>,
    leaving: Leaving,
}

impl Arrival {
    pub(crate) fn arrived(mut self) {
        self.session = None;
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if let Some((owner, epoch)) = self.session {
            self.leaving.begin(owner, epoch);
        }
    }
}

/// Tells the engine.
pub(crate) async fn see_off(engine: Arc<Engine>, mut heard: UnboundedReceiver<Session>) {
    while let Some((owner, epoch)) = heard.recv().await {
        // A session may have begun to watch again meanwhile.
        if !engine.bells.is_reader(owner, epoch) {
            tell(&engine, owner, epoch).await;
        }
        engine.leaving.sessions.lock().remove(&(owner, epoch));
    }
}

async fn tell(engine: &Engine, owner: RecipientId, epoch: Epoch) {
    let holder = Holder::Session(epoch);
    while let Err(StoreError::Unavailable(reason)) =
        engine.release(owner, holder, Duration::ZERO).await
    {
        tracing::debug!(reason, "a session's end cannot be told");
        sleep(PAUSE).await;
    }
}
