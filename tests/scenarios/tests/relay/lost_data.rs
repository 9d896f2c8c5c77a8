use acapy::wire::Maps;
use redis::{AsyncCommands, cmd};

use crate::plugin::Plugin;
use crate::world::{Engine, agree, key, post_some, relay, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_running_instance_gets_its_keys_back_from_a_redis_that_lost_its_data() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let relay = relay(&engine).await;
    let to = key();
    let mut posted = post_some(&relay, to, 2).await;
    until("it consumes", async || plugin.taken() == posted).await;
    assert_eq!(engine.server().cli(&["FLUSHALL"]).await, "OK");
    posted.extend(post_some(&relay, to, 2).await);
    until("it goes on", async || plugin.taken() == posted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_kept_while_our_keys_hold_something_else_and_goes_on_afterwards() {
    let engine = Engine::one_node().await;
    let mut redis = engine.client().await;
    let _: () = redis.set(Maps::UID_OF_KEY, "something else").await.unwrap();
    let plugin = Plugin::start(&engine.url()).await;
    let relay = relay(&engine).await;
    let to = key();
    let posted = post_some(&relay, to, 2).await;
    let _: () = redis.del(Maps::UID_OF_KEY).await.unwrap();
    until("it is consumed", async || plugin.taken() == posted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_keys_that_is_none_is_made_one() {
    let engine = Engine::one_node().await;
    let relay = relay(&engine).await;
    let to = key();
    let mut redis = engine.client().await;
    let _: () = cmd("HSET")
        .arg(Maps::KEYS_OF_UID)
        .arg("dead")
        .arg("junk!")
        .query_async(&mut redis)
        .await
        .unwrap();
    post_some(&relay, to, 1).await;
    until("the maps agree", async || agree_in_spite(&redis, to).await).await;
}

async fn agree_in_spite(
    redis: &redis::cluster_async::ClusterConnection,
    to: didcomm::VerKey,
) -> bool {
    let list: String = redis.clone().hget(Maps::KEYS_OF_UID, "dead").await.expect("Redis answers");
    list != "junk!" && agree(redis, &[to]).await
}
