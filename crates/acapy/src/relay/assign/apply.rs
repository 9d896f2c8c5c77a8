//! Doing what was planned. Any step may be the last one, and others may be at it too.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use store::{Result, Timestamp};

use super::maps::AssignmentMaps;
use super::plan::{Plan, Take};

/// Acts under way at a time.
const AT_A_TIME: usize = 64;

/// Does it, and says who has the keys that were to change hands.
pub(crate) async fn apply<M: AssignmentMaps>(
    maps: &M,
    plan: &Plan,
    now: Timestamp,
) -> Result<BTreeMap<String, String>> {
    let taken = take_all(maps, &plan.takes).await?;
    add_all(maps, plan, &taken).await?;
    drop_all(maps, plan, &taken).await?;
    for uid in &plan.dismissals {
        maps.dismiss(uid, Some(now)).await?;
    }
    for uid in &plan.returns {
        maps.dismiss(uid, None).await?;
    }
    for uid in &plan.farewells {
        maps.forget(uid).await?;
    }
    Ok(taken)
}

async fn take_all<M: AssignmentMaps>(maps: &M, takes: &[Take]) -> Result<BTreeMap<String, String>> {
    let each: Vec<_> = takes.iter().map(|take| take_one(maps, take)).collect();
    stream::iter(each).buffer_unordered(AT_A_TIME).try_collect().await
}

async fn take_one<M: AssignmentMaps>(maps: &M, take: &Take) -> Result<(String, String)> {
    let owner = maps.take(&take.kid, take.from.as_deref(), &take.to).await?;
    if let Some(from) = take.from.as_ref().filter(|_| owner == take.to) {
        maps.move_pending(&take.kid, from, &owner).await?;
    }
    Ok((take.kid.clone(), owner))
}

async fn add_all<M: AssignmentMaps>(
    maps: &M,
    plan: &Plan,
    taken: &BTreeMap<String, String>,
) -> Result<()> {
    let mut adds = plan.adds.clone();
    for (kid, owner) in taken {
        adds.entry(owner.clone()).or_default().insert(kid.clone());
    }
    for (uid, kids) in &adds {
        maps.change_list(uid, kids, &BTreeSet::new()).await?;
    }
    Ok(())
}

/// Whatever the plan says, a key stays in the list of whoever has it by now.
async fn drop_all<M: AssignmentMaps>(
    maps: &M,
    plan: &Plan,
    taken: &BTreeMap<String, String>,
) -> Result<()> {
    let mut drops = plan.drops.clone();
    for Take { kid, from, .. } in &plan.takes {
        if let Some(from) = from.as_ref().filter(|from| taken.get(kid) != Some(from)) {
            drops.entry(from.clone()).or_default().insert(kid.clone());
        }
    }
    for (uid, kids) in &drops {
        let owners: Vec<_> = kids.iter().map(|kid| owner_of(maps, kid)).collect();
        let owners: Vec<_> = stream::iter(owners).buffer_unordered(AT_A_TIME).try_collect().await?;
        let foreign = owners.into_iter().filter(|(_, owner)| owner.as_ref() != Some(uid));
        let foreign: BTreeSet<_> = foreign.map(|(kid, _)| kid.clone()).collect();
        if !foreign.is_empty() {
            maps.change_list(uid, &BTreeSet::new(), &foreign).await?;
        }
    }
    Ok(())
}

async fn owner_of<'a, M: AssignmentMaps>(
    maps: &M,
    kid: &'a String,
) -> Result<(&'a String, Option<String>)> {
    Ok((kid, maps.owner(kid).await?))
}
