use acapy::wire::{KeyList, Maps, payload};
use bytes::Bytes;
use didcomm::VerKey;
use redis::AsyncCommands;
use redis::cluster_async::ClusterConnection;
use serde_json::json;
use testkit::{Server, ServerOptions};

use crate::plugin::Plugin;
use crate::world::{Engine, agree, envelope, key, options, until};

fn carrying(engine: &Engine) -> ServerOptions {
    options(engine).and(&["relay.carry_over=true"])
}

/// Does what a plug-in in `mediator_mode` does with what it forwards: it assigns the key as relays of its kind do, without
/// compare-and-set, and pushes the payload alone.
async fn forward(redis: &mut ClusterConnection, topic: &str, to: VerKey, envelope: &Bytes) {
    let kid = to.to_string();
    let owner: Option<String> = redis.hget(Maps::UID_OF_KEY, &kid).await.expect("Redis answers");
    let uid = match owner {
        Some(uid) => uid,
        None => assign(redis, &kid).await,
    };
    let pending = Maps::pending_field(&uid, &kid);
    let _: i64 = redis.hincr(Maps::PENDING, pending, 1).await.expect("Redis answers");
    let entry = json!({"payload": payload::encode(envelope)}).to_string();
    let _: () = redis.rpush(format!("{topic}_{kid}"), entry).await.expect("Redis answers");
}

async fn assign(redis: &mut ClusterConnection, kid: &str) -> String {
    let uids: Vec<String> = redis.hkeys(Maps::KEYS_OF_UID).await.expect("Redis answers");
    let uid = uids.first().expect("there is an instance").clone();
    let list: Vec<u8> = redis.hget(Maps::KEYS_OF_UID, &uid).await.expect("Redis answers");
    let mut keys = KeyList::from_text(&list).expect("as expected");
    keys.0.insert(kid.to_owned());
    let _: () = redis.hset(Maps::KEYS_OF_UID, &uid, keys.to_text()).await.expect("Redis answers");
    let _: () = redis.hset(Maps::UID_OF_KEY, kid, &uid).await.expect("Redis answers");
    uid
}

async fn forward_some(
    redis: &mut ClusterConnection,
    topic: &str,
    to: VerKey,
    count: usize,
) -> Vec<Vec<u8>> {
    let envelopes: Vec<_> = (0..count).map(|at| envelope(&at.to_string(), &[to])).collect();
    for envelope in &envelopes {
        forward(redis, topic, to, envelope).await;
    }
    envelopes.into_iter().map(|envelope| envelope.to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mediators_push_to_lists_of_their_own_is_carried_over_in_its_order() {
    let engine = Engine::six_nodes().await;
    let plugin = Plugin::start(&engine.url()).await;
    let _relays =
        [Server::start_with(carrying(&engine)).await, Server::start_with(carrying(&engine)).await];
    let (mut redis, to) = (engine.client().await, key());
    let forwarded = forward_some(&mut redis, "acapy_outbound", to, 20).await;
    until("all are consumed", async || plugin.taken().len() >= forwarded.len()).await;
    assert_eq!(plugin.taken(), forwarded);
    let left = format!("acapy_outbound_{to}");
    until("nothing is left", async || {
        redis.clone().llen::<_, u64>(&left).await.expect("Redis answers") == 0
    })
    .await;
    assert!(agree(&redis, &[to]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mediators_push_to_inbound_lists_is_consumed_and_their_assignments_are_kept() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let _relay = Server::start_with(options(&engine)).await;
    let (mut redis, to) = (engine.client().await, key());
    let forwarded = forward_some(&mut redis, "acapy_inbound", to, 5).await;
    until("all are consumed", async || plugin.taken() == forwarded).await;
    until("the maps agree", async || agree(&redis, &[to]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_killed_while_it_carries_loses_nothing() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let mut relay = Server::start_with(carrying(&engine)).await;
    let (mut redis, keys) = (engine.client().await, [key(), key()]);
    let mut forwarded = Vec::new();
    for _ in 0..3 {
        for to in keys {
            forwarded.extend(forward_some(&mut redis, "acapy_outbound", to, 30).await);
        }
        let before = plugin.taken().len();
        until("some are carried", async || plugin.taken().len() > before).await;
        relay.kill();
        relay.start_again().await;
    }
    until("all are consumed", async || {
        let taken = plugin.taken();
        forwarded.iter().all(|envelope| taken.contains(envelope))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_of_mediators_is_dropped_and_what_finds_no_room_waits_where_it_is() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let (mut redis, to) = (engine.client().await, key());
    plugin.is_busy(true);
    assign(&mut redis, &to.to_string()).await;
    let list = format!("acapy_outbound_{to}");
    for junk in ["junk", "{}", r#"{"payload": "e30="}"#] {
        let _: () = redis.rpush(&list, junk).await.expect("Redis answers");
    }
    let forwarded = forward_some(&mut redis, "acapy_outbound", to, 5).await;
    let _relay = Server::start_with(carrying(&engine).and(&["relay.messages_per_key=2"])).await;
    until("no more fit", async || {
        redis.clone().llen::<_, u64>(&list).await.expect("Redis answers") == 3
    })
    .await;
    plugin.is_busy(false);
    until("all are consumed", async || plugin.taken() == forwarded).await;
}
