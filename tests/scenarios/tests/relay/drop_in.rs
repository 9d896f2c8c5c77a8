use std::collections::BTreeSet;

use futures_util::SinkExt;
use servers::free_port;
use testkit::{Server, ServerOptions};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::plugin::Plugin;
use crate::world::{Engine, envelope, http, key, options, post, post_some, relay, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_is_consumed_as_it_came_and_in_its_order() {
    consumed_as_it_came(&Engine::one_node().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_many_nodes_is_as_good() {
    consumed_as_it_came(&Engine::six_nodes().await).await;
}

async fn consumed_as_it_came(engine: &Engine) {
    let plugin = Plugin::start(&engine.url()).await;
    let relay = relay(engine).await;
    let posted = post_some(&relay, key(), 5).await;
    until("all are consumed", async || plugin.taken() == posted).await;
    let entries = plugin.entries();
    assert!(entries.iter().all(|entry| entry["transport_type"] == "http"), "{entries:?}");
    assert!(entries.iter().all(|entry| entry.get("txn_id").is_none()), "{entries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_on_a_socket_is_consumed_too() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let relay = relay(&engine).await;
    let (mut socket, _) = connect_async(format!("ws://{}/", relay.address())).await.unwrap();
    let message = envelope("over a socket", &[key()]);
    socket.send(Message::Binary(message.clone())).await.unwrap();
    until("it is consumed", async || plugin.taken() == [message.to_vec()]).await;
    assert_eq!(plugin.entries()[0]["transport_type"], "ws");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ports_of_the_relay_that_is_replaced_are_listened_on() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let mut relay = relay(&engine).await;
    // Whether it is ready is asked at this one, which it need not have.
    let (own, http_port, ws_port) = (relay.address(), free_port(), free_port());
    let ports = format!(
        r#"[["http", "127.0.0.1", "{}"], ["http", "127.0.0.1", "{http_port}"], ["ws", "127.0.0.1", "{ws_port}"]]"#,
        own.port(),
    );
    relay.kill();
    relay.start_again_with(options(&engine).variable("INBOUND_TRANSPORT_CONFIG", &ports)).await;
    let (first, second) = (envelope("over HTTP", &[key()]), envelope("on a socket", &[key()]));
    let request = http().post(format!("http://127.0.0.1:{http_port}/")).body(first.to_vec());
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    let (mut socket, _) = connect_async(format!("ws://127.0.0.1:{ws_port}/")).await.unwrap();
    socket.send(Message::Binary(second.clone())).await.unwrap();
    until("both are consumed", async || plugin.taken().len() == 2).await;
    let taken: BTreeSet<_> = plugin.taken().into_iter().collect();
    assert_eq!(taken, BTreeSet::from([first.to_vec(), second.to_vec()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_for_several_keys_lies_in_one_list_for_all_of_them() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let relay = relay(&engine).await;
    let message = envelope("for two", &[key(), key()]);
    assert_eq!(post(&relay, message.clone()).await, 200);
    until("it is consumed", async || plugin.taken() == [message.to_vec()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_came_before_any_instance_waits_for_the_first() {
    let engine = Engine::one_node().await;
    let relay = relay(&engine).await;
    let posted = post_some(&relay, key(), 3).await;
    let plugin = Plugin::start(&engine.url()).await;
    until("all are consumed", async || plugin.taken() == posted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_of_the_relay_that_is_replaced_is_enough() {
    let engine = Engine::one_node().await;
    let status = free_port();
    let alone = ServerOptions::relay(&[])
        .variable("REDIS_SERVER_URL", &engine.url())
        .variable("TOPIC_PREFIX", "acapy")
        .variable("STATUS_ENDPOINT_HOST", "127.0.0.1")
        .variable("STATUS_ENDPOINT_PORT", &status.to_string())
        .variable("STATUS_ENDPOINT_API_KEY", "hush");
    let relay = Server::start_with(alone).await;
    let home = reqwest::get(relay.url()).await.unwrap();
    assert_eq!((home.status().as_u16(), home.text().await.unwrap()), (200, String::new()));
    let invited = reqwest::get(format!("{}/?c_i=x", relay.url())).await.unwrap();
    assert!(invited.text().await.unwrap().contains("invitation"));
    let told = |path: &'static str, key: &'static str| async move {
        let url = format!("http://127.0.0.1:{status}/status/{path}");
        let told = http().get(url).header("access_token", key).send().await.unwrap();
        (told.status().as_u16(), told.text().await.unwrap())
    };
    assert_eq!(told("ready", "hush").await, (200, r#"{"ready":true}"#.to_owned()));
    assert_eq!(told("live", "hush").await, (200, r#"{"alive":true}"#.to_owned()));
    assert_eq!(told("ready", "wrong").await.0, 403);
}
