//! A change of a keylist, from its first step to its last.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use store::{KeyAction, KeyChange, KeyOutcome, RecipientId, Result};

use crate::RedisStore;
use crate::doubts::random;
use crate::script::script;
use crate::shared::senseless;

script!(CHANGE, "plain.lua", "keylist_change.lua");
script!(SETTLE, "allow_oom.lua", "keylist_settle.lua");
script!(TAKE, "plain.lua", "route_take.lua");
script!(DELETE_IF, "allow_oom.lua", "delete_if.lua");

/// After this long an act has ended or broken off.
const LONGEST: Duration = Duration::from_secs(60);
/// How many routes are changed at once.
const AT_ONCE: usize = 128;
/// How often an act begins again because others change the same keys. Then it is left to them.
const PATIENCE: usize = 8;

/// A destination, and whether it is listed.
type Wanted = (Vec<u8>, bool);

/// What a route is after it was to follow.
enum Route {
    Ours,
    Free,
    Foreign,
}

impl RedisStore {
    pub(super) async fn change_keylist(
        &self,
        owner: RecipientId,
        status: &str,
        changes: &[KeyChange],
        limit: usize,
    ) -> Result<Vec<KeyOutcome>> {
        let act = random().to_string();
        let (outcomes, mut wanted) = self.list_changes(owner, &act, status, changes, limit).await?;
        let mut foreign = BTreeSet::new();
        for _ in 0..PATIENCE {
            if wanted.is_empty() {
                break;
            }
            let routes = self.follow(owner, wanted).await?;
            let lost = routes.iter().filter(|(_, route)| matches!(route, Route::Foreign));
            foreign.extend(lost.map(|(destination, _)| destination.clone()));
            wanted = self.settle(owner, &act, &routes).await?;
        }
        let outcome = |(change, outcome): (&KeyChange, u8)| {
            let is_foreign = foreign.contains(&change.destination.to_bytes());
            read(outcome).map(|outcome| if is_foreign { beaten(change) } else { outcome })
        };
        let all = changes.iter().zip(outcomes).map(outcome);
        all.collect::<Option<_>>().ok_or_else(|| senseless("a change of a keylist"))
    }

    /// Steps 1 and 2.
    async fn list_changes(
        &self,
        owner: RecipientId,
        act: &str,
        status: &str,
        changes: &[KeyChange],
        limit: usize,
    ) -> Result<(Vec<u8>, Vec<Wanted>)> {
        let mut numbers = HashMap::new();
        let mut destinations = Vec::new();
        let mut numbered = Vec::with_capacity(changes.len());
        for change in changes {
            let destination = change.destination.to_bytes();
            let number = *numbers.entry(destination.clone()).or_insert_with(|| {
                destinations.push(destination);
                destinations.len()
            });
            let sign = if change.action == KeyAction::Add { '+' } else { '-' };
            numbered.push(format!("{sign}{number}"));
        }
        let looks: Vec<_> = destinations.iter().map(|one| self.route_of(one)).collect();
        let owners: Vec<Option<RecipientId>> =
            stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        let is_foreign = |other: &Option<RecipientId>| other.is_some_and(|other| other != owner);
        let foreign: Vec<u8> = owners.iter().map(|other| u8::from(is_foreign(other))).collect();

        let keys = ["grant", "keys", "keys:open"].map(|what| self.engine.names().of(owner, what));
        let now = self.clock.now();
        let call = CHANGE.on(&keys).arg(act).arg(now.0).arg((now - LONGEST).0);
        let call = call.arg(limit.min(super::ENDLESS)).arg(status).arg(destinations.len());
        let call = foreign.iter().fold(call.arg(&destinations), |call, flag| call.arg(*flag));
        let answer: Vec<Vec<u8>> = self.engine.call(call.arg(&numbered)).await?;
        let (outcomes, wanted) =
            answer.split_first().ok_or_else(|| senseless("a change of a keylist"))?;
        Ok((outcomes.clone(), pairs(wanted)))
    }

    /// Step 3.
    async fn follow(
        &self,
        owner: RecipientId,
        wanted: Vec<Wanted>,
    ) -> Result<Vec<(Vec<u8>, Route)>> {
        let following = wanted.into_iter().map(|(destination, is_listed)| async move {
            let script = if is_listed { &TAKE } else { &DELETE_IF };
            let call = script.on(&[self.route_key(&destination)]).arg(&owner.0[..]);
            let done: u8 = self.engine.call(call).await?;
            let route = match (is_listed, done) {
                (true, 0) => Route::Foreign,
                (true, _) => Route::Ours,
                (false, _) => Route::Free,
            };
            Ok((destination, route))
        });
        stream::iter(following).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Step 4.
    async fn settle(
        &self,
        owner: RecipientId,
        act: &str,
        routes: &[(Vec<u8>, Route)],
    ) -> Result<Vec<Wanted>> {
        let keys = ["keys", "keys:open"].map(|what| self.engine.names().of(owner, what));
        let call = routes.iter().fold(SETTLE.on(&keys).arg(act), |call, (destination, route)| {
            let route = match route {
                Route::Ours => "1",
                Route::Free => "0",
                Route::Foreign => "x",
            };
            call.arg(destination).arg(route)
        });
        let undone: Vec<Vec<u8>> = self.engine.call(call).await?;
        Ok(pairs(&undone))
    }
}

fn pairs(flat: &[Vec<u8>]) -> Vec<Wanted> {
    let (pairs, _) = flat.as_chunks::<2>();
    pairs.iter().map(|[destination, listed]| (destination.clone(), listed == b"1")).collect()
}

fn read(outcome: u8) -> Option<KeyOutcome> {
    match outcome {
        b's' => Some(KeyOutcome::Success),
        b'n' => Some(KeyOutcome::NoChange),
        b'r' => Some(KeyOutcome::Refused),
        _ => None,
    }
}

/// What a change comes to when another took the route between the first step and the third.
fn beaten(change: &KeyChange) -> KeyOutcome {
    match change.action {
        KeyAction::Add => KeyOutcome::Refused,
        KeyAction::Remove => KeyOutcome::NoChange,
    }
}
