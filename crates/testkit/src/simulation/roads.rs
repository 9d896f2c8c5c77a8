//! The way to agents that have an address.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mediator::{Carried, Carrier, End};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::cast::cast;
use crate::{Agent, History, Random};

/// Carries envelopes, and loses some of them, or the word that they arrived, until things heal.
pub(super) struct Roads {
    history: History,
    heals: Instant,
    random: Mutex<Random>,
}

impl Roads {
    pub fn new(history: History, heals: Instant, random: Random) -> Arc<Self> {
        Arc::new(Self { history, heals, random: Mutex::new(random) })
    }

    fn chance(&self, percent: u64) -> bool {
        Instant::now() < self.heals && self.random.lock().chance(percent)
    }

    fn some_time(&self) -> Duration {
        self.random.lock().millis(1..100)
    }

    /// Hands one over on a line of its own, as a request is, and says whether the mediator hears that it arrived.
    async fn hand_over(&self, agent: &Agent, envelope: &Bytes) -> bool {
        let Ok(heard) = agent.read(envelope) else {
            panic!("the mediator sent something that is not for this agent");
        };
        let line = self.history.line();
        self.history.left(agent.number, line, &heard);
        sleep(self.some_time()).await;
        if self.chance(15) {
            return false;
        }
        self.history.arrived(agent.number, line, &heard);
        sleep(self.some_time()).await;
        !self.chance(10)
    }
}

#[async_trait]
impl Carrier for Roads {
    async fn carry(&self, uri: &str, envelopes: &[Bytes]) -> Carried {
        let Some(agent) = cast().at(uri) else {
            return Carried { taken: 0, end: End::Forbidden("nobody is there".to_owned()) };
        };
        for (taken, envelope) in envelopes.iter().enumerate() {
            if !self.hand_over(&agent, envelope).await {
                return Carried { taken, end: End::Failed("no answer".to_owned()) };
            }
        }
        Carried { taken: envelopes.len(), end: End::Done }
    }
}
