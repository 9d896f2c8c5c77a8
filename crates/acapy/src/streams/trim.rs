use std::sync::LazyLock;

use store::Result;
use store_redis::{Redis, Script};

static TRIM: LazyLock<Script> =
    LazyLock::new(|| Script::new("trim_stream", include_str!("scripts/trim.lua")));

/// Removes what every consumer group of a stream has acknowledged; nothing while it has none.
pub(crate) async fn trim(redis: &Redis, stream: &str) -> Result<()> {
    redis.call::<u64>(TRIM.on(&[stream])).await.map(drop)
}
