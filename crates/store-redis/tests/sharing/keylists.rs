use didcomm::{Destination, VerKey};
use servers::RedisServer;
use store::{KeyAction, KeyChange, KeyOutcome, Keylists, Mediation, RecipientId};
use store_redis::RedisStore;

use crate::support::{instance, server};

const ALICE: RecipientId = RecipientId([0xa1; 16]);
const BOB: RecipientId = RecipientId([0xb0; 16]);

fn key(number: u8) -> Destination {
    Destination::Key(VerKey::from_bytes([number; 32]))
}

async fn change(
    store: &RedisStore,
    owner: RecipientId,
    number: u8,
    action: KeyAction,
) -> KeyOutcome {
    let change = KeyChange { destination: key(number), action };
    store.update(owner, &[change], 99).await.expect("update")[0]
}

async fn the_route(server: &RedisServer) -> String {
    server.cli(&["KEYS", "*:route"]).await.trim().to_owned()
}

#[tokio::test]
async fn an_add_that_broke_off_before_its_route_is_ended_by_its_repetition() {
    let server = server().await;
    let store = instance(&server.url()).await;
    assert_eq!(change(&store, ALICE, 1, KeyAction::Add).await, KeyOutcome::Success);
    server.cli(&["DEL", &the_route(&server).await]).await;
    assert_eq!(store.route(&key(1)).await, Ok(None));
    assert_eq!(change(&store, ALICE, 1, KeyAction::Add).await, KeyOutcome::NoChange);
    assert_eq!(store.route(&key(1)).await, Ok(Some(ALICE)));
}

#[tokio::test]
async fn a_removal_that_broke_off_before_its_route_is_ended_by_its_repetition() {
    let server = server().await;
    let store = instance(&server.url()).await;
    change(&store, ALICE, 1, KeyAction::Add).await;
    let route = the_route(&server).await;
    let saved = format!("{route}:saved");
    server.cli(&["COPY", &route, &saved]).await;
    change(&store, ALICE, 1, KeyAction::Remove).await;
    server.cli(&["RENAME", &saved, &route]).await;
    assert_eq!(store.route(&key(1)).await, Ok(Some(ALICE)));
    assert_eq!(change(&store, ALICE, 1, KeyAction::Remove).await, KeyOutcome::NoChange);
    assert_eq!(change(&store, BOB, 1, KeyAction::Add).await, KeyOutcome::Success);
}

#[tokio::test]
async fn an_act_that_broke_off_is_ended_by_the_owners_next_act_whatever_it_is() {
    let server = server().await;
    let store = instance(&server.url()).await;
    change(&store, ALICE, 1, KeyAction::Add).await;
    let (route, list) = (the_route(&server).await, server.cli(&["KEYS", "*:keys"]).await);
    // As if the process had died between the change of the list and the route.
    let note = "local list, route, open = KEYS[1], KEYS[2], KEYS[3]
        local destination = redis.call('ZRANGE', list, 0, 0)[1]
        redis.call('HSET', open, 'broken', struct.pack('>I8I4', 1, #destination) .. destination)
        return redis.call('DEL', route)";
    let (list, open) = (list.trim(), format!("{}:open", list.trim()));
    assert_eq!(server.cli(&["EVAL", note, "3", list, &route, &open]).await.trim(), "1");
    assert_eq!(store.route(&key(1)).await, Ok(None));
    store.set_status(ALICE, Mediation::Granted).await.expect("grant");
    assert_eq!(store.route(&key(1)).await, Ok(Some(ALICE)));
    assert_eq!(server.cli(&["EXISTS", &open]).await.trim(), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_added_and_removed_at_once_is_both_listed_and_routed_or_neither() {
    let server = server().await;
    let (one, two) = (instance(&server.url()).await, instance(&server.url()).await);
    for _ in 0..50 {
        tokio::join!(
            change(&one, ALICE, 1, KeyAction::Add),
            change(&two, ALICE, 1, KeyAction::Remove),
            change(&one, ALICE, 1, KeyAction::Add),
            change(&two, ALICE, 1, KeyAction::Remove),
        );
        let is_listed = !one.list(ALICE, 0, 9).await.expect("list").keys.is_empty();
        let is_routed = two.route(&key(1)).await.expect("route").is_some();
        assert_eq!(is_listed, is_routed);
    }
}
