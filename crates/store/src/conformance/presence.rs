//! What [`Presence`](crate::Presence) promises.

use std::collections::BTreeSet;

use super::Fixture;
use super::fixture::{ALICE, BOB, MINUTE, SECOND};
use crate::{Location, StoreError};

pub async fn the_newest_claim_is_located_everywhere(f: Fixture) {
    let until = f.now() + MINUTE;
    let first = f.stores.presence.claim(ALICE, "here", until).await.expect("claim");
    assert_eq!(
        f.other.presence.locate(ALICE, f.now()).await,
        Ok(Some(Location { instance: "here".into(), epoch: first }))
    );
    let second = f.other.presence.claim(ALICE, "there", until).await.expect("claim");
    assert!(second > first);
    assert_eq!(
        f.stores.presence.locate(ALICE, f.now()).await,
        Ok(Some(Location { instance: "there".into(), epoch: second }))
    );
    assert_eq!(f.stores.presence.locate(BOB, f.now()).await, Ok(None));
}

pub async fn epochs_grow_also_after_a_release_or_a_lapse(f: Fixture) {
    let first = f.stores.presence.claim(ALICE, "here", f.now() + SECOND).await.expect("claim");
    f.clock.advance(MINUTE);
    let second = f.other.presence.claim(ALICE, "there", f.now() + SECOND).await.expect("claim");
    f.other.presence.release(ALICE, second).await.expect("release");
    let third = f.stores.presence.claim(ALICE, "here", f.now() + SECOND).await.expect("claim");
    assert!(first < second && second < third, "{first:?} {second:?} {third:?}");
}

pub async fn claims_at_the_same_time_get_different_epochs(f: Fixture) {
    let until = f.now() + MINUTE;
    let claims = (0..16).map(|number| {
        let presence = if number % 2 == 0 { &f.stores } else { &f.other }.presence.clone();
        tokio::spawn(async move { presence.claim(ALICE, "here", until).await.expect("claim") })
    });
    let mut epochs = BTreeSet::new();
    for claim in claims.collect::<Vec<_>>() {
        epochs.insert(claim.await.expect("a session"));
    }
    assert_eq!(epochs.len(), 16);
    let standing = f.stores.presence.locate(ALICE, f.now()).await.expect("locate");
    assert_eq!(standing.map(|location| location.epoch), epochs.last().copied());
}

pub async fn a_claim_lapses_unless_it_is_renewed(f: Fixture) {
    let epoch = f.stores.presence.claim(ALICE, "here", f.now() + MINUTE).await.expect("claim");
    f.clock.advance(MINUTE - SECOND);
    f.stores.presence.renew(ALICE, epoch, f.now() + MINUTE).await.expect("renew");
    f.clock.advance(MINUTE - SECOND);
    assert!(f.stores.presence.locate(ALICE, f.now()).await.expect("locate").is_some());
    f.clock.advance(SECOND * 2);
    assert_eq!(f.stores.presence.locate(ALICE, f.now()).await, Ok(None));
}

pub async fn a_renewal_of_an_old_epoch_is_displaced(f: Fixture) {
    let old = f.stores.presence.claim(ALICE, "here", f.now() + MINUTE).await.expect("claim");
    let new = f.other.presence.claim(ALICE, "there", f.now() + MINUTE).await.expect("claim");
    assert_eq!(
        f.stores.presence.renew(ALICE, old, f.now() + MINUTE * 5).await,
        Err(StoreError::Displaced)
    );
    f.clock.advance(MINUTE - SECOND);
    let standing = f.stores.presence.locate(ALICE, f.now()).await.expect("locate");
    assert_eq!(standing.map(|location| location.epoch), Some(new));
    f.clock.advance(SECOND * 2);
    assert_eq!(f.stores.presence.locate(ALICE, f.now()).await, Ok(None));
}

pub async fn a_release_gives_up_its_own_claim_only(f: Fixture) {
    let old = f.stores.presence.claim(ALICE, "here", f.now() + MINUTE).await.expect("claim");
    let new = f.other.presence.claim(ALICE, "there", f.now() + MINUTE).await.expect("claim");
    f.stores.presence.release(ALICE, old).await.expect("release");
    assert!(f.stores.presence.locate(ALICE, f.now()).await.expect("locate").is_some());
    f.stores.presence.release(ALICE, new).await.expect("release");
    f.stores.presence.release(ALICE, new).await.expect("release");
    assert_eq!(f.stores.presence.locate(ALICE, f.now()).await, Ok(None));
}
