//! What outlives the engine's process.

use super::fixture::{ALICE, ALL, BOB, HERE, LIFE, MINUTE, claimant, ids, key};
use super::{Fixture, connections, dead_letters};
use crate::{Appended, Holder, KeyAction, KeyChange, Mediation};

pub async fn mail_survives_in_its_order_and_under_its_ids(f: Fixture) {
    let given = f.put_all(ALICE, &["1", "2", "3"]).await;
    let f = f.restart().await;
    assert_eq!(ids(&f.peek(ALICE, &ALL).await), given);
    assert_eq!(f.acknowledge(ALICE, &given[..1]).await, 1);
    assert_eq!(f.waiting(ALICE).await, ["2", "3"]);
    assert_eq!(f.depth(ALICE).await.bytes, 2);
}

pub async fn new_mail_comes_behind_the_old(f: Fixture) {
    let old = f.put(ALICE, "old").await;
    let f = f.restart().await;
    let new = f.put(ALICE, "new").await;
    assert!(old < new && old.sequence != new.sequence);
    assert_eq!(f.waiting(ALICE).await, ["old", "new"]);
}

pub async fn an_id_is_never_given_again(f: Fixture) {
    let old = f.put(ALICE, "old").await;
    f.acknowledge(ALICE, &[old]).await;
    let f = f.restart().await;
    f.put(ALICE, "new").await;
    assert_eq!(f.acknowledge(ALICE, &[old]).await, 0);
    assert_eq!(f.waiting(ALICE).await, ["new"]);
}

pub async fn what_was_in_flight_is_available_again_when_its_lease_ends_at_the_latest(f: Fixture) {
    f.put_all(ALICE, &["1", "2", "3"]).await;
    f.lease(ALICE, Holder::Request(1), 1).await;
    let session = f.session(ALICE).await;
    f.lease(ALICE, session.holder, 1).await;
    drop(session);
    let f = f.restart().await;
    f.clock.advance(MINUTE * 2);
    assert_eq!(f.waiting(ALICE).await, ["1", "2", "3"]);
}

pub async fn a_retry_is_still_a_duplicate(f: Fixture) {
    let kept = f.put(ALICE, "waits").await;
    let gone = f.put(ALICE, "gone").await;
    f.acknowledge(ALICE, &[gone]).await;
    let f = f.restart().await;
    assert_eq!(f.append(ALICE, f.letter("waits")).await, Appended::Duplicate);
    assert_eq!(f.append(ALICE, f.letter("gone")).await, Appended::Duplicate);
    assert_eq!(f.acknowledge(ALICE, &[kept]).await, 1);
}

pub async fn mail_still_expires(f: Fixture) {
    f.put(ALICE, "1").await;
    let f = f.restart().await;
    f.clock.advance(LIFE + MINUTE);
    assert_eq!(f.expire(100).await, 1);
    assert_eq!(f.waiting(ALICE).await, [""; 0]);
}

pub async fn epochs_go_on_growing(f: Fixture) {
    let before = f.stores.presence.claim(ALICE, &claimant(HERE)).await.expect("claim");
    let f = f.restart().await;
    let after = f.stores.presence.claim(ALICE, &claimant(HERE)).await.expect("claim");
    assert!(after > before, "{before:?} {after:?}");
}

pub async fn grants_and_keylists_survive(f: Fixture) {
    let add = |number| KeyChange { destination: key(number), action: KeyAction::Add };
    f.stores.keylists.set_status(ALICE, Mediation::Granted).await.expect("grant");
    f.stores.keylists.set_status(BOB, Mediation::Denied).await.expect("deny");
    f.stores.keylists.update(ALICE, &[add(2), add(1)], 10).await.expect("update");
    let f = f.restart().await;
    assert_eq!(f.stores.keylists.status(ALICE).await, Ok(Mediation::Granted));
    assert_eq!(f.stores.keylists.status(BOB).await, Ok(Mediation::Denied));
    assert_eq!(f.stores.keylists.route(&key(1)).await, Ok(Some(ALICE)));
    assert_eq!(f.stores.keylists.list(ALICE, 0, 10).await.expect("list").keys, [key(2), key(1)]);
}

pub async fn connections_and_used_invitations_survive(f: Fixture) {
    let alice = connections::peer(&f, 1);
    f.stores.connections.invite(&connections::invitation(&f)).await.expect("invite");
    f.stores.connections.admit(&alice, Some("once")).await.expect("admit");
    let f = f.restart().await;
    assert_eq!(f.stores.connections.get(alice.id).await, Ok(Some(alice.clone())));
    assert_eq!(f.stores.connections.by_key(&alice.our_key).await, Ok(Some(alice.clone())));
    let invitation = f.stores.connections.invitation("once").await.expect("invitation");
    assert_eq!(invitation.and_then(|invitation| invitation.used_by), Some(alice.id));
}

pub async fn dead_letters_survive(f: Fixture) {
    let letter = dead_letters::dead(&f, 1);
    f.stores.dead_letters.bury(&letter).await.expect("bury");
    let f = f.restart().await;
    assert_eq!(f.stores.dead_letters.list(None, 10).await, Ok(vec![letter]));
}
