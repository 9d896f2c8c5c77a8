//! What one process does at a time.

use std::sync::LazyLock;

use store::Result;
use store_redis::{Redis, Script};

static TAKE: LazyLock<Script> =
    LazyLock::new(|| Script::new("take_turn", include_str!("scripts/take_turn.lua")));

/// How long the others wait for one that does not go on, in milliseconds.
const TURN: u64 = 4_000;

/// Takes the turn that `key` stands for, or keeps it. False while somebody else has it.
pub(crate) async fn take_turn(redis: &Redis, key: &str, who: &str) -> Result<bool> {
    redis.call(TAKE.on(&[key]).arg(who).arg(TURN)).await
}
