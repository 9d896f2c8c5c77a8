//! What [`Keylists`](crate::Keylists) promises.

use didcomm::Destination;

use super::Fixture;
use super::fixture::{ALICE, BOB, key};
use crate::KeyOutcome::{NoChange, Refused, Success};
use crate::{KeyAction, KeyChange, KeyOutcome, KeyPage, Mediation, RecipientId};

fn add(number: u8) -> KeyChange {
    KeyChange { destination: key(number), action: KeyAction::Add }
}

fn remove(number: u8) -> KeyChange {
    KeyChange { destination: key(number), action: KeyAction::Remove }
}

async fn update(
    f: &Fixture,
    owner: RecipientId,
    changes: &[KeyChange],
    limit: usize,
) -> Vec<KeyOutcome> {
    f.stores.keylists.update(owner, changes, limit).await.expect("update")
}

/// The keylist, as another instance sees it.
async fn keys(f: &Fixture, owner: RecipientId) -> Vec<Destination> {
    f.other.keylists.list(owner, 0, 1_000).await.expect("list").keys
}

pub async fn a_status_is_none_until_it_is_set(f: Fixture) {
    assert_eq!(f.stores.keylists.status(ALICE).await, Ok(Mediation::None));
    for status in [Mediation::Granted, Mediation::Denied, Mediation::Granted, Mediation::None] {
        f.stores.keylists.set_status(ALICE, status).await.expect("set");
        assert_eq!(f.other.keylists.status(ALICE).await, Ok(status));
        assert_eq!(f.other.keylists.status(BOB).await, Ok(Mediation::None));
    }
}

pub async fn a_key_leads_to_the_first_who_added_it(f: Fixture) {
    assert_eq!(f.stores.keylists.route(&key(1)).await, Ok(None));
    assert_eq!(update(&f, ALICE, &[add(1)], 9).await, [Success]);
    assert_eq!(update(&f, BOB, &[add(1), add(2)], 9).await, [Refused, Success]);
    assert_eq!(f.other.keylists.route(&key(1)).await, Ok(Some(ALICE)));
    assert_eq!(keys(&f, BOB).await, [key(2)]);
}

pub async fn a_key_of_another_cannot_be_removed(f: Fixture) {
    update(&f, ALICE, &[add(1)], 9).await;
    assert_eq!(update(&f, BOB, &[remove(1)], 9).await, [NoChange]);
    assert_eq!(f.stores.keylists.route(&key(1)).await, Ok(Some(ALICE)));
    assert_eq!(keys(&f, ALICE).await, [key(1)]);
}

pub async fn a_removed_key_is_free(f: Fixture) {
    update(&f, ALICE, &[add(1)], 9).await;
    assert_eq!(update(&f, ALICE, &[remove(1)], 9).await, [Success]);
    assert_eq!(f.other.keylists.route(&key(1)).await, Ok(None));
    assert_eq!(update(&f, BOB, &[add(1)], 9).await, [Success]);
    assert_eq!(f.other.keylists.route(&key(1)).await, Ok(Some(BOB)));
}

pub async fn changes_apply_in_order_within_one_update(f: Fixture) {
    let changes = [add(1), add(1), remove(1), remove(1), add(2), remove(3), add(1)];
    let outcomes = [Success, NoChange, Success, NoChange, Success, NoChange, Success];
    assert_eq!(update(&f, ALICE, &changes, 9).await, outcomes);
    assert_eq!(keys(&f, ALICE).await, [key(2), key(1)]);
    assert_eq!(
        update(&f, ALICE, &[remove(2), add(2), remove(2)], 9).await,
        [Success, Success, Success]
    );
    assert_eq!(keys(&f, ALICE).await, [key(1)]);
    assert_eq!(f.stores.keylists.route(&key(2)).await, Ok(None));
}

pub async fn an_update_of_nothing_changes_nothing(f: Fixture) {
    update(&f, ALICE, &[add(1)], 9).await;
    assert_eq!(update(&f, ALICE, &[], 9).await, []);
    assert_eq!(update(&f, ALICE, &[add(1)], 9).await, [NoChange]);
    assert_eq!(keys(&f, ALICE).await, [key(1)]);
}

pub async fn a_list_grows_to_its_limit_and_no_further(f: Fixture) {
    assert_eq!(update(&f, ALICE, &[add(1), add(2), add(3)], 2).await, [Success, Success, Refused]);
    assert_eq!(f.stores.keylists.route(&key(3)).await, Ok(None));
    assert_eq!(
        update(&f, ALICE, &[add(1), remove(1), add(3)], 2).await,
        [NoChange, Success, Success]
    );
    assert_eq!(keys(&f, ALICE).await, [key(2), key(3)]);
    assert_eq!(update(&f, BOB, &[add(1)], 2).await, [Success]);
}

pub async fn keys_are_listed_in_the_order_in_which_they_were_added(f: Fixture) {
    update(&f, ALICE, &[add(9), add(3)], 99).await;
    update(&f, BOB, &[add(8)], 99).await;
    update(&f, ALICE, &[add(7), add(1)], 99).await;
    assert_eq!(keys(&f, ALICE).await, [key(9), key(3), key(7), key(1)]);
    update(&f, ALICE, &[remove(3), add(3)], 99).await;
    assert_eq!(keys(&f, ALICE).await, [key(9), key(7), key(1), key(3)]);
}

pub async fn a_list_is_read_in_pages_also_past_its_end(f: Fixture) {
    update(&f, ALICE, &[add(1), add(2), add(3), add(4), add(5)], 99).await;
    let pages = [
        (0, 2, vec![key(1), key(2)], 3),
        (2, 2, vec![key(3), key(4)], 1),
        (4, 2, vec![key(5)], 0),
        (1, 0, vec![], 4),
        (5, 2, vec![], 0),
        (usize::MAX, usize::MAX, vec![], 0),
        (3, usize::MAX, vec![key(4), key(5)], 0),
    ];
    for (offset, limit, keys, remaining) in pages {
        assert_eq!(
            f.stores.keylists.list(ALICE, offset, limit).await,
            Ok(KeyPage { keys, remaining }),
            "{offset} {limit}"
        );
    }
    assert_eq!(f.stores.keylists.list(BOB, 0, 9).await, Ok(KeyPage { keys: vec![], remaining: 0 }));
}

pub async fn revoking_frees_every_key(f: Fixture) {
    for status in [Mediation::Denied, Mediation::None] {
        f.stores.keylists.set_status(ALICE, Mediation::Granted).await.expect("grant");
        assert_eq!(update(&f, ALICE, &[add(1), add(2)], 9).await, [Success, Success]);
        f.stores.keylists.set_status(ALICE, status).await.expect("revoke");
        assert_eq!(keys(&f, ALICE).await, []);
        assert_eq!(f.other.keylists.route(&key(1)).await, Ok(None));
    }
    assert_eq!(update(&f, BOB, &[add(1)], 9).await, [Success]);
}

pub async fn granting_again_keeps_the_keys(f: Fixture) {
    f.stores.keylists.set_status(ALICE, Mediation::Granted).await.expect("grant");
    update(&f, ALICE, &[add(1)], 9).await;
    f.stores.keylists.set_status(ALICE, Mediation::Granted).await.expect("grant");
    assert_eq!(keys(&f, ALICE).await, [key(1)]);
}

pub async fn every_kind_of_destination_has_an_owner(f: Fixture) {
    let kinds = [key(7), Destination::Agreement([7; 32]), Destination::Did("did:example:7".into())];
    let owners = [ALICE, BOB, ALICE];
    for (destination, owner) in kinds.iter().zip(owners) {
        let change = KeyChange { destination: destination.clone(), action: KeyAction::Add };
        assert_eq!(update(&f, owner, &[change], 9).await, [Success]);
    }
    for (destination, owner) in kinds.iter().zip(owners) {
        assert_eq!(f.other.keylists.route(destination).await, Ok(Some(owner)));
    }
}

pub async fn of_two_who_add_a_key_at_once_one_gets_it(f: Fixture) {
    for number in 0..20 {
        let (hers, his) = (f.stores.keylists.clone(), f.other.keylists.clone());
        let alice = tokio::spawn(async move { hers.update(ALICE, &[add(number)], 99).await });
        let bob = tokio::spawn(async move { his.update(BOB, &[add(number)], 99).await });
        let outcomes = [
            alice.await.expect("alice").expect("update"),
            bob.await.expect("bob").expect("update"),
        ];
        let winner = if outcomes[0] == [Success] { ALICE } else { BOB };
        assert!(
            outcomes.contains(&vec![Success]) && outcomes.contains(&vec![Refused]),
            "{outcomes:?}"
        );
        assert_eq!(f.stores.keylists.route(&key(number)).await, Ok(Some(winner)));
    }
}
