use std::time::Duration;

use acapy::wire::Maps;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncCommands, cmd};
use tokio::time::sleep;

use crate::plugin::Plugin;
use crate::whole::Whole;
use crate::world::{Engine, dead_letters, envelope, key, post, until};

/// What strangers may leave in a list.
const JUNK: [&str; 6] = ["", "junk", "null", "[1]", "{}", "\u{0}\u{1}\u{2}"];

#[tokio::test(flavor = "multi_thread")]
async fn junk_in_every_list_stream_and_map_stops_nobody() {
    let engine = Engine::one_node().await;
    let mut redis = engine.client().await;
    litter(&mut redis).await;
    let mut whole = Whole::start(&engine).await;
    whole.works().await;
    litter(&mut redis).await;
    whole.works().await;
    assert!(whole.server.is_running());
    let reasons = async || dead_letters(&mut redis.clone()).await.len();
    // Both times: the list, the retries of the deliverer before, and webhooks that are none.
    until("junk is among the dead letters", async || reasons().await >= 4 * JUNK.len()).await;
}

async fn litter(redis: &mut ClusterConnection) {
    for junk in JUNK {
        for list in [
            "acapy_outbound",
            "acapy_inbound_direct_resp",
            "acapy_inbound_direct_response",
            "acapy_admin_answers_somebody",
            "{acapy_admin_calls}:list",
        ] {
            let _: () = redis.rpush(list, junk).await.expect("Redis answers");
        }
        for stream in ["acapy_webhooks", "acapy_admin_calls", "{acapy_outbound}:stream"] {
            for field in ["webhook", "call", "outbound", "other"] {
                let _: String =
                    redis.xadd(stream, "*", &[(field, junk)]).await.expect("Redis answers");
            }
        }
        let _: () = redis
            .zadd("acapy_outbound_retry", format!("retry {junk}"), 1)
            .await
            .expect("Redis answers");
        let _: () =
            redis.hset("acapy_restante_dismissed", junk, junk).await.expect("Redis answers");
    }
    for map in [Maps::KEYS_OF_UID, Maps::UID_OF_KEY, Maps::LAST_ACCESS, Maps::PENDING] {
        let _: () = redis.hset(map, "junk", "junk").await.expect("Redis answers");
        let _: () = redis.hset(map, b"\xff\xfe", b"\xff\xfe").await.expect("Redis answers");
    }
    let _: () = redis.sadd("acapy_restante_unassigned", b"\xff\xfe").await.expect("Redis answers");
    // A key that wants an instance, and whose owner is no text.
    let kid = key().to_string();
    let _: () = redis.hset(Maps::UID_OF_KEY, &kid, b"\xff\xfe").await.expect("Redis answers");
    let _: () = redis.sadd("acapy_restante_unassigned", &kid).await.expect("Redis answers");
    let _: () = redis
        .hset("acapy_restante_dismissed", b"\xff\xfe", b"\xff\xfe")
        .await
        .expect("Redis answers");
}

/// Every key with a name of ours.
const OURS: [&str; 24] = [
    "acapy_outbound",
    "acapy_outbound_retry",
    "{acapy_outbound}:lanes",
    "{acapy_outbound}:holders",
    "{acapy_outbound}:order",
    "{acapy_outbound}:entries",
    "{acapy_outbound}:failures",
    "{acapy_outbound}:counter",
    "{acapy_outbound}:sorter",
    "{acapy_outbound}:dead",
    "{acapy_outbound}:stream",
    "acapy_inbound_direct_resp",
    "acapy_inbound_direct_response",
    "acapy_webhooks",
    "{acapy_webhooks}:pusher",
    "acapy_admin_calls",
    "{acapy_admin_calls}:lanes",
    "{acapy_admin_calls}:entries",
    "acapy_restante_dismissed",
    "acapy_restante_unassigned",
    Maps::KEYS_OF_UID,
    Maps::UID_OF_KEY,
    Maps::LAST_ACCESS,
    Maps::PENDING,
];

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_type_hold_things_up_only_while_they_are_there() {
    let engine = Engine::one_node().await;
    let mut whole = Whole::start(&engine).await;
    whole.works().await;
    let mut redis = engine.client().await;
    whole.plugin.kill().await;
    for key in OURS {
        let _: () = cmd("SET")
            .arg(key)
            .arg("not ours")
            .query_async(&mut redis)
            .await
            .expect("Redis answers");
    }
    let before = whole.server.log().len();
    sleep(Duration::from_secs(3)).await;
    assert!(whole.server.is_running());
    let logged = whole.server.log().len() - before;
    assert!(logged < 1 << 20, "{logged} bytes of log");
    for key in OURS {
        let _: () = redis.del(key).await.expect("Redis answers");
    }
    whole.plugin = Plugin::start(&engine.url()).await;
    whole.plugin.sends_on_to(&whole.endpoint.url("/in"));
    whole.works().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_key_that_is_none_takes_no_mail_until_it_is_gone() {
    let engine = Engine::one_node().await;
    let whole = Whole::start(&engine).await;
    let (to, mut redis) = (key(), engine.client().await);
    let list = format!("acapy_inbound_{to}");
    let _: () =
        cmd("SET").arg(&list).arg("not ours").query_async(&mut redis).await.expect("Redis answers");
    let message = envelope("x", &[to]);
    assert_eq!(post(&whole.server, message.clone()).await, 0, "it is cut");
    whole.works().await;
    let _: () = redis.del(&list).await.expect("Redis answers");
    assert_eq!(post(&whole.server, message.clone()).await, 200);
    whole.endpoint.until_it(|site| site.came().iter().any(|came| came.body == message)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_loses_its_data_amid_traffic_loses_nothing_that_comes_afterwards() {
    let engine = Engine::one_node().await;
    let whole = Whole::start(&engine).await;
    let keys = [(); 5].map(|()| key());
    for _ in 0..2 {
        for (at, key) in keys.iter().cycle().take(20).enumerate() {
            whole.send(*key, &format!("before {at}")).await;
        }
        let before = whole.endpoint.count();
        assert_eq!(engine.server().cli(&["FLUSHALL"]).await, "OK");
        let mut after = Vec::new();
        for (at, key) in keys.iter().cycle().take(20).enumerate() {
            after.push(whole.send(*key, &format!("after {at}")).await);
        }
        whole
            .endpoint
            .until_it(|site| {
                let came = site.came().split_off(before);
                after.iter().all(|sent| came.iter().any(|came| came.body == *sent))
            })
            .await;
        whole.works().await;
    }
}
