//! What [`Presence`](crate::Presence) promises.

use std::collections::BTreeSet;

use super::Fixture;
use super::fixture::{ALICE, BOB, HERE, MINUTE, SECOND, THERE, claimant};
use crate::{Claimant, Epoch, Location, Role, Stores};

async fn claim(stores: &Stores, instance: &str) -> Epoch {
    stores.presence.claim(ALICE, &claimant(instance)).await.expect("claim")
}

async fn located(f: &Fixture) -> Option<Epoch> {
    let location = f.stores.presence.locate(ALICE, f.now()).await.expect("locate");
    location.map(|location| location.epoch)
}

pub async fn the_newest_claim_is_located_everywhere(f: Fixture) {
    let first = claim(&f.stores, HERE).await;
    assert_eq!(
        f.other.presence.locate(ALICE, f.now()).await,
        Ok(Some(Location { claimant: claimant(HERE), epoch: first }))
    );
    let postman = Claimant { instance: THERE.into(), role: Role::Postman };
    let second = f.other.presence.claim(ALICE, &postman).await.expect("claim");
    assert!(second > first);
    assert_eq!(
        f.stores.presence.locate(ALICE, f.now()).await,
        Ok(Some(Location { claimant: postman, epoch: second }))
    );
    assert_eq!(f.stores.presence.locate(BOB, f.now()).await, Ok(None));
}

pub async fn epochs_grow_also_after_a_release_or_a_lapse(f: Fixture) {
    f.renew(HERE, SECOND).await;
    let first = claim(&f.stores, HERE).await;
    f.clock.advance(MINUTE);
    let second = claim(&f.other, THERE).await;
    f.other.presence.release(ALICE, second).await.expect("release");
    f.renew(HERE, SECOND).await;
    let third = claim(&f.stores, HERE).await;
    assert!(first < second && second < third, "{first:?} {second:?} {third:?}");
}

pub async fn claims_at_the_same_time_get_different_epochs(f: Fixture) {
    let claims = (0..16).map(|number| {
        let (stores, name) =
            if number % 2 == 0 { (f.stores.clone(), HERE) } else { (f.other.clone(), THERE) };
        tokio::spawn(async move { claim(&stores, name).await })
    });
    let mut epochs = BTreeSet::new();
    for claim in claims.collect::<Vec<_>>() {
        epochs.insert(claim.await.expect("a session"));
    }
    assert_eq!(epochs.len(), 16);
    assert_eq!(located(&f).await, epochs.last().copied());
}

pub async fn a_claim_stands_while_its_instance_renews(f: Fixture) {
    f.renew(HERE, SECOND * 4).await;
    let epoch = claim(&f.stores, HERE).await;
    f.clock.advance(SECOND * 3);
    f.renew(HERE, SECOND * 4).await;
    f.clock.advance(SECOND * 3);
    assert_eq!(located(&f).await, Some(epoch));
    f.clock.advance(SECOND);
    assert_eq!(located(&f).await, None);
    f.renew(HERE, SECOND * 4).await;
    assert_eq!(located(&f).await, Some(epoch), "it was only slow");
}

pub async fn a_renewal_keeps_nobody_elses_claims_alive(f: Fixture) {
    f.renew(THERE, SECOND * 4).await;
    claim(&f.other, THERE).await;
    f.clock.advance(SECOND * 5);
    f.renew(HERE, SECOND * 4).await;
    assert_eq!(located(&f).await, None);
}

pub async fn a_vacant_claim_gives_way_to_whoever_lives(f: Fixture) {
    let vacant = async |stores: &Stores, name| {
        stores.presence.claim_vacant(ALICE, &claimant(name), f.now()).await.expect("claim")
    };
    f.renew(THERE, SECOND * 4).await;
    let first = vacant(&f.other, THERE).await.expect("nobody was there");
    assert_eq!(vacant(&f.stores, HERE).await, None);
    assert_eq!(vacant(&f.other, THERE).await, None, "not twice either");
    f.clock.advance(SECOND * 4);
    let second = vacant(&f.stores, HERE).await.expect("the other is dead");
    assert!(second > first);
    f.stores.presence.release(ALICE, second).await.expect("release");
    assert!(vacant(&f.stores, HERE).await.is_some_and(|third| third > second));
}

pub async fn of_vacant_claims_at_the_same_time_one_succeeds(f: Fixture) {
    let claims = (0..16).map(|number| {
        let (stores, name) =
            if number % 2 == 0 { (f.stores.clone(), HERE) } else { (f.other.clone(), THERE) };
        let now = f.now();
        tokio::spawn(async move {
            stores.presence.claim_vacant(ALICE, &claimant(name), now).await.expect("claim")
        })
    });
    let mut succeeded = 0;
    for claim in claims.collect::<Vec<_>>() {
        succeeded += usize::from(claim.await.expect("a claimant").is_some());
    }
    assert_eq!(succeeded, 1);
}

pub async fn a_release_gives_up_its_own_claim_only(f: Fixture) {
    let old = claim(&f.stores, HERE).await;
    let new = claim(&f.other, THERE).await;
    f.stores.presence.release(ALICE, old).await.expect("release");
    assert_eq!(located(&f).await, Some(new));
    f.stores.presence.release(ALICE, new).await.expect("release");
    f.stores.presence.release(ALICE, new).await.expect("release");
    assert_eq!(located(&f).await, None);
}
