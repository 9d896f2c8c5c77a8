use std::sync::Arc;

use store::{Bells, Clock, Epoch, RecipientId, Result, Timestamp};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use crate::bus::{Bus, BusListener};
use crate::doubts::random;
use crate::engine::Engine;
use crate::shared::Shared;
use crate::wake::{Listener, reap, sweep};
use crate::{ConnectError, Options};

/// All traits of the mediator's stores, on Redis.
///
/// Its tasks end when it is dropped.
pub struct RedisStore {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) bus: Arc<Bus>,
    pub(crate) gone: UnboundedSender<(RecipientId, Epoch)>,
    tasks: Vec<AbortHandle>,
}

impl RedisStore {
    /// Connects to a single server or to a cluster, whatever stands there.
    ///
    /// # Errors
    /// What to change.
    pub async fn connect(
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> std::result::Result<Arc<Self>, ConnectError> {
        let engine = Arc::new(Engine::connect(&options).await?);
        let (gone, departed) = unbounded_channel();
        let bells = Bells::with_farewell({
            let gone = gone.clone();
            move |owner, epoch| {
                // The reaper ends only with the store.
                let _ = gone.send((owner, epoch));
            }
        });
        let channel = format!("{:08x}", random() as u32);
        let shared = Arc::new(Shared::new(engine.clone(), clock.clone(), bells, channel));
        let mut listener = Listener::new(shared.clone());
        listener.cover().await.map_err(|error| engine.refused(&error))?;
        let bus = Arc::new(Bus::new(engine.clone(), clock.clone()));
        let mut tasks = Self::tasks(&shared, listener, departed);
        tasks.push(tokio::spawn(BusListener::new(bus.clone()).await.run()).abort_handle());
        Ok(Arc::new(Self { engine, clock, shared, bus, gone, tasks }))
    }

    fn tasks(
        shared: &Arc<Shared>,
        listener: Listener,
        departed: UnboundedReceiver<(RecipientId, Epoch)>,
    ) -> Vec<AbortHandle> {
        let listening = tokio::spawn(listener.run());
        let sweeping = tokio::spawn(sweep(shared.clone()));
        let reaping = tokio::spawn(reap(shared.clone(), departed));
        [listening, sweeping, reaping].iter().map(|task| task.abort_handle()).collect()
    }

    /// The time by the engine's clock.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn time(&self) -> Result<Timestamp> {
        self.engine.time().await
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
