//! Lists that others fill, read from their heads: looked at first, and shortened when what was seen is dealt with.

use std::sync::LazyLock;

use store::Result;
use store_redis::{Redis, Script};

static PEEK: LazyLock<Script> =
    LazyLock::new(|| Script::new("peek", include_str!("scripts/peek.lua")));
static BEHEAD: LazyLock<Script> =
    LazyLock::new(|| Script::new("behead", include_str!("scripts/behead.lua")));
static SHORTEN: LazyLock<Script> =
    LazyLock::new(|| Script::new("shorten", include_str!("scripts/shorten.lua")));

/// What is looked at together.
const ENTRIES: usize = 64;
const BYTES: usize = 4 << 20;

/// What is removed in one act.
const GO_TOGETHER: u64 = 10_000;

/// One entry at the head of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    fingerprint: String,
    /// How long it is.
    pub bytes: usize,
    /// The entry, if it is not too large.
    pub entry: Option<Vec<u8>>,
}

/// The first entries of a list, none larger than `largest` bytes.
///
/// # Errors
/// [`StoreError::Damaged`](store::StoreError::Damaged) if it is no list.
pub(crate) async fn peek(redis: &Redis, list: &str, largest: usize) -> Result<Vec<Seen>> {
    let call = PEEK.on(&[list]).arg(ENTRIES).arg(BYTES).arg(largest);
    let seen: Vec<(String, usize, Vec<u8>)> = redis.call(call).await?;
    let seen = seen.into_iter().map(|(fingerprint, bytes, entry)| Seen {
        fingerprint,
        bytes,
        entry: (bytes <= largest).then_some(entry),
    });
    Ok(seen.collect())
}

/// Removes what was seen, as long as it still is the head. Says how many entries were removed.
///
/// # Errors
/// As of [`peek`].
pub(crate) async fn behead(redis: &Redis, list: &str, seen: &[Seen]) -> Result<usize> {
    let call = BEHEAD.on(&[list]);
    redis.call(seen.iter().fold(call, |call, seen| call.arg(&seen.fingerprint))).await
}

/// Removes the oldest entries until `keep` are left. Says how many were removed.
///
/// # Errors
/// As of [`peek`].
pub(crate) async fn shorten(redis: &Redis, list: &str, keep: usize) -> Result<u64> {
    let mut gone = 0;
    loop {
        let call = SHORTEN.on(&[list]).arg(keep).arg(GO_TOGETHER);
        let (went, more): (u64, u64) = redis.call(call).await?;
        gone += went;
        if more == 0 || went == 0 {
            return Ok(gone);
        }
    }
}
