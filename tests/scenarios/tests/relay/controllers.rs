use acapy::streams::WEBHOOK;
use acapy::wire::Webhook;
use redis::AsyncCommands;
use redis::streams::{StreamReadOptions, StreamReadReply};
use servers::free_port;
use testkit::{Server, Site};

use crate::plugin::{Plugin, WALLET, event};
use crate::world::{Engine, http, key, options, post_some, with_deliverer};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_waits_in_the_stream_with_its_headers_for_a_group_of_controllers() {
    let engine = Engine::one_node().await;
    let port = free_port();
    let private = format!("relay.private_listen=127.0.0.1:{port}");
    let relay = Server::start_with(options(&engine).and(&[&private])).await;
    let url = format!("http://127.0.0.1:{port}/hooks/topic/connections/");
    let client = http();
    let posted = client
        .post(&url)
        .header("x-api-key", "hush")
        .header("cookie", "c")
        .body(r#"{"state": "active"}"#);
    assert_eq!(posted.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(client.post(&url).body("junk").send().await.unwrap().status().as_u16(), 400);
    // Strangers have no part in it.
    let public = format!("{}/topic/connections/", relay.url());
    assert_eq!(client.post(public).body("{}").send().await.unwrap().status().as_u16(), 404);
    let mut redis = engine.client().await;
    let read: StreamReadReply = redis.xread(&["acapy_webhooks"], &["0"]).await.unwrap();
    let entries = &read.keys[0].ids;
    assert_eq!(entries.len(), 1);
    let entry: Vec<u8> = entries[0].get(WEBHOOK).unwrap();
    let webhook = Webhook::from_bytes(&entry).unwrap();
    assert_eq!(
        (webhook.topic.as_str(), &webhook.payload[..]),
        ("connections", &br#"{"state": "active"}"#[..])
    );
    assert_eq!(webhook.headers, [("x-api-key".to_owned(), "hush".to_owned())].into());
    assert!(!relay.log().contains("hush"));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_a_group_of_controllers_has_had_make_room_for_others() {
    let engine = Engine::one_node().await;
    let private = format!("127.0.0.1:{}", free_port());
    let settings = [&*format!("relay.private_listen={private}"), "relay.webhooks=2"];
    let _relay = Server::start_with(options(&engine).and(&settings)).await;
    let mut redis = engine.client().await;
    let stream = "acapy_webhooks";
    let _: () = redis.xgroup_create_mkstream(stream, "controllers", "0").await.unwrap();
    let url = format!("http://{private}/topic/connections/");
    let tell = async || http().post(&url).body("{}").send().await.unwrap().status().as_u16();
    assert_eq!([tell().await, tell().await, tell().await], [200, 200, 503]);
    let reader = StreamReadOptions::default().group("controllers", "one").noack();
    let _: StreamReadReply = redis.xread_options(&[stream], &[">"], &reader).await.unwrap();
    assert_eq!(tell().await, 200);
    assert_eq!(redis.xlen::<_, u64>(stream).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plug_in_tells_its_controller_itself_arrives_as_it_was_pushed() {
    let (engine, controller) = (Engine::one_node().await, Site::open().await);
    let plugin = Plugin::start(&engine.url()).await;
    plugin.tells(&controller.url("/hooks"), "hush");
    let relay = Server::start_with(with_deliverer(&engine)).await;
    post_some(&relay, key(), 2).await;
    controller.until(2).await;
    for came in controller.came() {
        assert_eq!(
            (came.method.as_str(), came.path.as_str()),
            ("POST", "/hooks/topic/basicmessages/")
        );
        assert_eq!(came.headers["x-wallet-id"], WALLET);
        assert_eq!(came.headers["x-api-key"], "hush");
        assert!(!came.headers.contains_key("content-type"), "{:?}", came.headers);
        assert_eq!(came.text(), event().to_string());
    }
    let told: Vec<String> =
        engine.client().await.lrange("acapy-basicmessage-received", 0, -1).await.unwrap();
    assert_eq!(told.len(), 2, "events stay for whoever reads them");
    assert!(!relay.log().contains("hush"));
}
