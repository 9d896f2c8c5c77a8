use std::collections::BTreeSet;
use std::sync::Arc;

use redis::{Cmd, FromRedisValue};
use store::{Result, Timestamp};

use crate::engine::Engine;
use crate::scan::names_that_begin_with;
use crate::script::Call;
use crate::settings::weakest;
use crate::slots::slot_of;
use crate::{ConnectError, Options, Settings};

/// One Redis, or a cluster, for keys that others have named.
///
/// Commands share a few connections, survive failovers and moves of slots, and fail with
/// [`StoreError`](store::StoreError) when there is no answer within 1.5 s. A command that blocks would hold up all others: there is none here.
#[derive(Clone)]
pub struct Redis {
    engine: Arc<Engine>,
}

impl Redis {
    /// Recognises what stands at the address, and connects to it. The prefix of the options is not used.
    ///
    /// # Errors
    /// What to change.
    pub async fn connect(options: &Options) -> std::result::Result<Self, ConnectError> {
        Ok(Self { engine: Arc::new(Engine::open(options).await?) })
    }

    /// Whether it is a cluster.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.engine.is_cluster()
    }

    /// Runs one command. Commands about the same `key` keep their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](store::StoreError::Unavailable) says nothing about whether it was done.
    pub async fn command<T: FromRedisValue>(
        &self,
        key: impl AsRef<[u8]>,
        command: &Cmd,
    ) -> Result<T> {
        self.engine.command(key.as_ref(), command).await
    }

    /// Runs a script.
    ///
    /// # Errors
    /// As of a command.
    pub async fn call<T: FromRedisValue>(&self, call: Call) -> Result<T> {
        self.engine.call(call).await
    }

    /// The time by the engine's clock.
    ///
    /// # Errors
    /// As of a command.
    pub async fn time(&self) -> Result<Timestamp> {
        self.engine.time().await
    }

    /// The settings of all servers, for the check at the start.
    ///
    /// # Errors
    /// If one of them is away.
    pub async fn settings(&self) -> Result<Settings> {
        weakest(&self.engine).await
    }

    /// The names of all keys that begin with `prefix`, in order; those that are no text are left out. Looks through all keys there are, some
    /// at a time.
    ///
    /// # Errors
    /// If a server is away.
    pub async fn names_that_begin_with(&self, prefix: &str) -> Result<BTreeSet<String>> {
        names_that_begin_with(&self.engine, prefix).await
    }

    /// The slot of a key in a cluster: 0 to 16383.
    #[must_use]
    pub fn slot_of(key: &str) -> usize {
        slot_of(key.as_bytes())
    }

    /// Whether both keys lie in one slot, so that a script may touch both.
    #[must_use]
    pub fn are_together(one: &str, other: &str) -> bool {
        slot_of(one.as_bytes()) == slot_of(other.as_bytes())
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_cluster() { "Redis(cluster)" } else { "Redis" })
    }
}
