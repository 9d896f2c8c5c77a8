//! What [`Connections`](crate::Connections) promises.

use super::Fixture;
use super::fixture::{MINUTE, SECOND, verkey};
use crate::{Admission, Connection, Invitation, PeerEndpoint, RecipientId};

/// A wallet; another for each number.
pub(super) fn peer(f: &Fixture, number: u8) -> Connection {
    Connection {
        id: RecipientId([number; 16]),
        key_epoch: 1,
        our_key: verkey(number),
        our_did: format!("did:peer:2.us{number}"),
        their_did: format!("did:peer:4zQm{number}"),
        their_keys: vec![verkey(100 + number), verkey(200)],
        endpoints: vec![],
        label: "Ålice 🦊".into(),
        request_id: format!("request {number}"),
        created: f.now(),
    }
}

fn with_endpoint(connection: Connection) -> Connection {
    let endpoint =
        PeerEndpoint { uri: "https://example.org/in".into(), routing_keys: vec![verkey(9)] };
    Connection { endpoints: vec![endpoint], ..connection }
}

/// An invitation named `once`, good for a minute.
pub(super) fn invitation(f: &Fixture) -> Invitation {
    Invitation { id: "once".into(), expires: f.now() + MINUTE, used_by: None }
}

async fn admit(f: &Fixture, connection: &Connection, invitation: Option<&str>) -> Admission {
    f.stores.connections.admit(connection, invitation).await.expect("admit")
}

pub async fn a_connection_comes_back_as_it_was_admitted(f: Fixture) {
    let agent = with_endpoint(peer(&f, 1));
    assert_eq!(f.stores.connections.get(agent.id).await, Ok(None));
    assert_eq!(admit(&f, &agent, None).await, Admission::Admitted);
    assert_eq!(f.other.connections.get(agent.id).await, Ok(Some(agent.clone())));
    assert_eq!(f.other.connections.by_key(&agent.our_key).await, Ok(Some(agent)));
    assert_eq!(f.other.connections.by_key(&verkey(100)).await, Ok(None));
}

pub async fn a_connection_that_is_admitted_twice_is_known(f: Fixture) {
    let first = peer(&f, 1);
    admit(&f, &first, None).await;
    let again =
        Connection { label: "somebody else".into(), their_keys: vec![verkey(66)], ..first.clone() };
    assert_eq!(admit(&f, &again, None).await, Admission::Known(Box::new(first.clone())));
    assert_eq!(f.stores.connections.get(first.id).await, Ok(Some(first)));
}

pub async fn a_single_use_invitation_is_used_once(f: Fixture) {
    f.stores.connections.invite(&invitation(&f)).await.expect("invite");
    assert_eq!(f.other.connections.invitation("once").await, Ok(Some(invitation(&f))));
    assert_eq!(admit(&f, &peer(&f, 1), Some("once")).await, Admission::Admitted);
    assert_eq!(admit(&f, &peer(&f, 2), Some("once")).await, Admission::Refused);
    assert_eq!(f.stores.connections.get(peer(&f, 2).id).await, Ok(None));
    let used = Invitation { used_by: Some(peer(&f, 1).id), ..invitation(&f) };
    assert_eq!(f.other.connections.invitation("once").await, Ok(Some(used)));
}

pub async fn of_two_who_use_an_invitation_at_once_one_is_admitted(f: Fixture) {
    for round in 0..20 {
        let once = Invitation { id: round.to_string(), ..invitation(&f) };
        f.stores.connections.invite(&once).await.expect("invite");
        let racers = [
            (f.stores.connections.clone(), 2 * round),
            (f.other.connections.clone(), 2 * round + 1),
        ];
        let racers = racers.map(|(connections, number)| {
            let (peer, id) = (peer(&f, number), once.id.clone());
            tokio::spawn(async move { connections.admit(&peer, Some(&id)).await.expect("admit") })
        });
        let [first, second] = racers;
        let outcomes = [first.await.expect("a peer"), second.await.expect("a peer")];
        assert!(
            outcomes.contains(&Admission::Admitted) && outcomes.contains(&Admission::Refused),
            "{outcomes:?}"
        );
    }
}

pub async fn of_the_same_request_twice_at_once_one_is_known(f: Fixture) {
    f.stores.connections.invite(&invitation(&f)).await.expect("invite");
    let racers = [f.stores.connections.clone(), f.other.connections.clone()].map(|connections| {
        let peer = peer(&f, 1);
        tokio::spawn(async move { connections.admit(&peer, Some("once")).await.expect("admit") })
    });
    let [first, second] = racers;
    let outcomes = [first.await.expect("a peer"), second.await.expect("a peer")];
    let known = Admission::Known(Box::new(peer(&f, 1)));
    assert!(outcomes.contains(&Admission::Admitted) && outcomes.contains(&known), "{outcomes:?}");
}

pub async fn a_replayed_request_is_known_though_its_invitation_is_used_or_expired(f: Fixture) {
    let first = peer(&f, 1);
    f.stores.connections.invite(&invitation(&f)).await.expect("invite");
    admit(&f, &first, Some("once")).await;
    f.clock.advance(MINUTE * 2);
    assert_eq!(admit(&f, &first, Some("once")).await, Admission::Known(Box::new(first.clone())));
}

pub async fn an_expired_invitation_is_refused(f: Fixture) {
    f.stores.connections.invite(&invitation(&f)).await.expect("invite");
    f.clock.advance(MINUTE + SECOND);
    assert_eq!(admit(&f, &peer(&f, 1), Some("once")).await, Admission::Refused);
    assert_eq!(f.stores.connections.get(peer(&f, 1).id).await, Ok(None));
}

pub async fn an_unknown_invitation_is_refused(f: Fixture) {
    assert_eq!(admit(&f, &peer(&f, 1), Some("never sent")).await, Admission::Refused);
    assert_eq!(f.stores.connections.get(peer(&f, 1).id).await, Ok(None));
    assert_eq!(f.stores.connections.invitation("never sent").await, Ok(None));
}

pub async fn an_invitation_kept_again_stays_used(f: Fixture) {
    f.stores.connections.invite(&invitation(&f)).await.expect("invite");
    admit(&f, &peer(&f, 1), Some("once")).await;
    f.stores.connections.invite(&invitation(&f)).await.expect("invite");
    assert_eq!(admit(&f, &peer(&f, 2), Some("once")).await, Admission::Refused);
}

pub async fn an_update_replaces_a_connection_that_is_there(f: Fixture) {
    let old = peer(&f, 1);
    let new = Connection {
        our_key: verkey(50),
        key_epoch: 2,
        label: "renamed".into(),
        ..with_endpoint(old.clone())
    };
    f.stores.connections.update(&new).await.expect("update");
    assert_eq!(f.stores.connections.get(old.id).await, Ok(None));
    admit(&f, &old, None).await;
    f.stores.connections.update(&new).await.expect("update");
    assert_eq!(f.other.connections.get(old.id).await, Ok(Some(new.clone())));
    assert_eq!(f.other.connections.by_key(&new.our_key).await, Ok(Some(new.clone())));
    assert_eq!(f.other.connections.by_key(&old.our_key).await, Ok(None));
    assert_eq!(f.other.connections.dialable(None, 9).await, Ok(vec![new.id]));
}

pub async fn a_removed_connection_is_forgotten(f: Fixture) {
    let (gone, stays) = (with_endpoint(peer(&f, 1)), peer(&f, 2));
    admit(&f, &gone, None).await;
    admit(&f, &stays, None).await;
    f.stores.connections.remove(gone.id).await.expect("remove");
    f.stores.connections.remove(gone.id).await.expect("remove");
    assert_eq!(f.other.connections.get(gone.id).await, Ok(None));
    assert_eq!(f.other.connections.by_key(&gone.our_key).await, Ok(None));
    assert_eq!(f.other.connections.dialable(None, 9).await, Ok(vec![]));
    assert_eq!(f.other.connections.get(stays.id).await, Ok(Some(stays)));
}

pub async fn peers_with_endpoints_are_listed_in_pages_by_id(f: Fixture) {
    for number in [5, 1, 4, 2] {
        admit(&f, &with_endpoint(peer(&f, number)), None).await;
    }
    admit(&f, &peer(&f, 3), None).await;
    let id = |number| RecipientId([number; 16]);
    assert_eq!(f.other.connections.dialable(None, 3).await, Ok([1, 2, 4].map(id).to_vec()));
    assert_eq!(f.other.connections.dialable(Some(id(2)), 9).await, Ok([4, 5].map(id).to_vec()));
    assert_eq!(f.other.connections.dialable(Some(id(3)), 1).await, Ok(vec![id(4)]));
    assert_eq!(f.other.connections.dialable(Some(id(5)), 9).await, Ok(vec![]));
    f.stores.connections.update(&peer(&f, 4)).await.expect("update");
    assert_eq!(f.other.connections.dialable(None, 9).await, Ok([1, 2, 5].map(id).to_vec()));
}
