//! What the store and its tasks have in common.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use redis::Value;
use store::{Bells, Clock, RecipientId, Result, StoreError, Timestamp};

use crate::doubts::Doubts;
use crate::engine::Engine;
use crate::instances::{Instances, short};
use crate::names::partition;
use crate::script::{Call, script};

script!(RENEW, "allow_oom.lua", "renew.lua");

/// For how long the dead are remembered.
const MEMORY: Duration = Duration::from_secs(86_400);

/// How a script takes instances that it does not know to live.
pub(crate) const ASK: &str = "0";
/// They are dead.
pub(crate) const STRICT: &str = "1";

pub(crate) struct Shared {
    pub engine: Arc<Engine>,
    pub clock: Arc<dyn Clock>,
    pub bells: Bells,
    pub doubts: Doubts,
    pub instances: Instances,
    /// The last part of the names of the channels on which this process hears of wakes.
    pub channel: String,
    me: Mutex<String>,
}

impl Shared {
    pub fn new(engine: Arc<Engine>, clock: Arc<dyn Clock>, bells: Bells, channel: String) -> Self {
        let me = Mutex::new(short(&channel));
        let (doubts, instances) = Default::default();
        Self { engine, clock, bells, doubts, instances, channel, me }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A key of a recipient.
    pub fn key(&self, owner: RecipientId, what: &str) -> Vec<u8> {
        self.engine.names().of(owner, what)
    }

    /// Where the channels of a recipient's partition begin.
    pub fn channels(&self, owner: RecipientId) -> Vec<u8> {
        self.engine.names().of_partition(partition(owner), "wake:")
    }

    /// The short name of the instance that speaks through this store.
    pub fn me(&self) -> String {
        self.me.lock().clone()
    }

    /// Notes which instance speaks through this store; gives its short name.
    pub fn speaks(&self, instance: &str) -> String {
        let me = short(instance);
        self.me.lock().clone_from(&me);
        me
    }

    /// A sign of life of `instance`, for which the others' come back.
    pub async fn renew(&self, instance: &str, until: Timestamp) -> Result<()> {
        self.speaks(instance);
        let key = self.engine.names().key("instances", "alive");
        let forgotten = self.now() - MEMORY;
        let call = RENEW.on(&[key]).arg(instance).arg(until.0).arg(forgotten.0);
        let known: Vec<(String, f64)> =
            self.engine.call(call.arg(MEMORY.as_millis() as u64)).await?;
        self.instances.learn(known);
        Ok(())
    }

    /// Asks the engine who lives.
    pub async fn refresh(&self) -> Result<()> {
        let key = self.engine.names().key("instances", "alive");
        let mut command = redis::cmd("ZRANGE");
        command.arg(&key).arg(0).arg(-1).arg("WITHSCORES");
        self.instances.learn(self.engine.command(&key, &command).await?);
        Ok(())
    }

    /// Runs a script that has to know who lives: first with what is known here, then, if it met an instance that is not
    /// known to live, with what the engine knows.
    pub async fn call_knowing(
        &self,
        now: Timestamp,
        call: impl Fn(&str, &str) -> Call,
    ) -> Result<Vec<Value>> {
        let answer: Vec<Value> = self.engine.call(call(&self.instances.alive(now), ASK)).await?;
        if answer.first() != Some(&Value::Int(-1)) {
            return Ok(answer);
        }
        self.refresh().await?;
        self.engine.call(call(&self.instances.alive(now), STRICT)).await
    }
}

/// An answer of a script that makes no sense.
pub(crate) fn senseless(what: &str) -> StoreError {
    StoreError::Damaged(format!("an answer of Redis makes no sense: {what}"))
}
