//! Answers that were given.

use std::sync::LazyLock;
use std::time::Duration;

use redis::cmd;
use serde::{Deserialize, Serialize};
use store::Result;
use store_redis::{Redis, Script};

use super::call::{answer, fingerprint, lane};
use crate::wire::{AdminAnswer, AdminCall, Names};

/// Where answers to writes are kept.
pub(super) struct Records<'a> {
    pub redis: &'a Redis,
    pub names: &'a Names,
    pub kept: Duration,
}

/// An answer, and to what.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    request: String,
    answer: AdminAnswer,
}

/// For how long the answer to a call without an idempotency key is kept, in case the same call is found a second time.
const BRIEFLY: Duration = Duration::from_secs(120);

/// Answers that nobody fetches go after this, in milliseconds.
const FETCHED_WITHIN: u64 = 120_000;

/// Both work in a Redis without room too: an answer that is not kept cannot be given a second time, and what it answers must not be
/// made again. They go soon enough.
static KEEP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "KEEP",
        "#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])",
    )
});

static REPLY: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "REPLY",
        "#!lua flags=allow-oom\nredis.call('RPUSH', KEYS[1], ARGV[1])\nreturn redis.call('PEXPIRE', KEYS[1], ARGV[2])",
    )
});

/// Gives an answer to whoever waits at this list.
pub(super) async fn reply(redis: &Redis, list: &str, answer: &[u8]) -> Result<()> {
    redis.call::<u8>(REPLY.on(&[list]).arg(answer).arg(FETCHED_WITHIN)).await.map(drop)
}

impl Records<'_> {
    /// What was answered to this call, or to one with its idempotency key.
    pub async fn find(&self, call: &AdminCall) -> Result<Option<Record>> {
        let key = self.key(call);
        let found: Option<Vec<u8>> = self.redis.command(&key, cmd("GET").arg(&key)).await?;
        Ok(found.and_then(|record| serde_json::from_slice(&record).ok()))
    }

    /// Keeps an answer.
    pub async fn keep(&self, call: &AdminCall, record: &Record) -> Result<()> {
        let kept = if call.idempotency_key.is_some() { self.kept } else { BRIEFLY };
        let millis = u64::try_from(kept.as_millis()).unwrap_or(u64::MAX).max(1);
        let (key, record) = (self.key(call), serde_json::to_vec(record).unwrap_or_default());
        self.redis.call(KEEP.on(&[key]).arg(record).arg(millis)).await
    }

    fn key(&self, call: &AdminCall) -> String {
        Names::beside(&self.names.admin_calls(), &format!("answer:{}", lane(call)))
    }
}

impl Record {
    pub fn of(call: &AdminCall, answer: &AdminAnswer) -> Self {
        Self { request: fingerprint(call), answer: answer.clone() }
    }

    /// The same answer for the same request; none for another that only has the same key.
    pub fn answer_to(self, call: &AdminCall) -> AdminAnswer {
        if self.request == fingerprint(call) {
            AdminAnswer { id: call.id.clone(), ..self.answer }
        } else {
            answer(call, 422, "the idempotency key belongs to another request")
        }
    }
}
