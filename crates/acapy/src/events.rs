//! The lists of events: everything that happens to an agent with the plug-in lies in one of them, or in two, until somebody takes it.
//!
//! The plug-in's own names begin with `acapy-`, and end with the wallet's id where there is one. Nothing bounds them, and nobody but a
//! controller reads them. Here they are found, emptied and shortened when an operator wants it.

use store::{Result, StoreError};
use store_redis::Redis;

use crate::lists::{self, Seen};

/// An entry that is larger is not handed out.
const LARGEST: usize = 64 << 20;

/// The lists of events in one Redis.
#[derive(Debug, Clone)]
pub struct Events {
    redis: Redis,
    prefix: String,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventList {
    /// Its name.
    pub name: String,
    /// How many events lie in it; `None` if it is no list.
    pub length: Option<u64>,
}

/// The name is not that of a list of events, which could be one of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("lists of events have names that begin with the topic prefix and a hyphen")]
pub struct NotEvents;

impl Events {
    /// Those whose names begin with `topic_prefix` and a hyphen. Queues have an underscore there.
    #[must_use]
    pub fn new(redis: Redis, topic_prefix: &str) -> Self {
        Self { redis, prefix: format!("{topic_prefix}-") }
    }

    /// Whether a list of this name may be one of events.
    ///
    /// # Errors
    /// [`NotEvents`].
    pub fn check(&self, name: &str) -> std::result::Result<(), NotEvents> {
        if name.len() > self.prefix.len() && name.starts_with(&self.prefix) {
            Ok(())
        } else {
            Err(NotEvents)
        }
    }

    /// All of them, by name. Looks through all keys of the Redis.
    ///
    /// # Errors
    /// If Redis does not answer.
    pub async fn lists(&self) -> Result<Vec<EventList>> {
        let mut lists = Vec::new();
        for name in self.redis.names_that_begin_with(&self.prefix).await? {
            let length = self.length(&name).await?;
            lists.push(EventList { name, length });
        }
        Ok(lists)
    }

    async fn length(&self, name: &str) -> Result<Option<u64>> {
        match self.redis.command(name, redis::cmd("LLEN").arg(name)).await {
            Err(StoreError::Damaged(_)) => Ok(None),
            length => length.map(Some),
        }
    }

    /// The oldest events of a list, a few at a time.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is no list.
    pub async fn oldest(&self, name: &str) -> Result<Vec<Seen>> {
        lists::peek(&self.redis, name, LARGEST).await
    }

    /// Removes events that [`oldest`](Self::oldest) has shown. Says how many: those behind one that somebody else has taken stay.
    ///
    /// # Errors
    /// As of [`oldest`](Self::oldest).
    pub async fn remove(&self, name: &str, seen: &[Seen]) -> Result<usize> {
        lists::behead(&self.redis, name, seen).await
    }

    /// Removes the oldest events until `keep` are left. Says how many.
    ///
    /// # Errors
    /// As of [`oldest`](Self::oldest).
    pub async fn trim(&self, name: &str, keep: usize) -> Result<u64> {
        lists::shorten(&self.redis, name, keep).await
    }
}
