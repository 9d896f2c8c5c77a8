//! Whether the queues can be what they are taken for.

use store::Result;
use store_redis::Redis;

use crate::wire::{Maps, Names};

/// A key with the name of a queue that is something else. Nothing goes through it until it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// Its name.
    pub name: String,
    /// What it is, in Redis's words.
    pub found: String,
    /// What it should be.
    pub expected: &'static str,
}

/// Looks at the keys of a deployment, and changes none.
///
/// # Errors
/// If Redis does not answer.
pub async fn misplaced(redis: &Redis, names: &Names) -> Result<Vec<Misplaced>> {
    let mut misplaced = Vec::new();
    for (name, expected) in types(names) {
        let found: String = redis.command(&name, redis::cmd("TYPE").arg(&name)).await?;
        if found != "none" && found != expected {
            misplaced.push(Misplaced { name, found, expected });
        }
    }
    Ok(misplaced)
}

fn types(names: &Names) -> Vec<(String, &'static str)> {
    let outbound = names.outbound();
    let beside = |what| Names::beside(&outbound, what);
    let [relays, plug_ins] = names.answers();
    let maps = [Maps::KEYS_OF_UID, Maps::UID_OF_KEY, Maps::LAST_ACCESS, Maps::PENDING];
    let mut types = vec![
        (outbound.clone(), "list"),
        (names.outbound_retry(), "zset"),
        (relays, "list"),
        (plug_ins, "list"),
        (names.webhooks(), "stream"),
        (names.admin_calls(), "stream"),
        (names.own("unassigned"), "set"),
        (names.own("dismissed"), "hash"),
        (beside("lanes"), "zset"),
        (beside("order"), "zset"),
        (beside("holders"), "hash"),
        (beside("entries"), "hash"),
        (beside("failures"), "hash"),
        (beside("dead"), "stream"),
        (beside("stream"), "stream"),
    ];
    types.extend(maps.map(|map| (map.to_owned(), "hash")));
    types
}
