use std::sync::Arc;

use store::{Clock, Result, Timestamp};

use crate::engine::Engine;
use crate::{ConnectError, Options};

/// All traits of the mediator's stores, on Redis.
pub struct RedisStore {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
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
        let engine = Engine::connect(&options).await?;
        Ok(Arc::new(Self { engine, clock }))
    }

    /// The time by the engine's clock.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn time(&self) -> Result<Timestamp> {
        self.engine.time().await
    }
}
