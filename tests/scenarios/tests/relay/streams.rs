use acapy::streams::{INBOUND, KID, partition_of};
use acapy::wire::{Inbound, TransportType};
use futures_util::SinkExt;
use redis::AsyncCommands;
use redis::streams::{StreamReadOptions, StreamReadReply};
use testkit::Server;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::world::{Engine, envelope, key, options, owners, post, until};

const PARTITIONS: u16 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn messages_wait_in_the_partition_of_their_key_in_their_order_until_they_are_acknowledged() {
    let engine = Engine::six_nodes().await;
    let relay = Server::start_with(options(&engine).and(&["relay.streams=4"])).await;
    let (to, mut redis) = (key(), engine.client().await);
    let stream = format!("acapy_inbound_stream_{}", partition_of(&to.to_string(), PARTITIONS));
    let _: () = redis.xgroup_create_mkstream(&stream, "agent", "0").await.unwrap();
    let sent: Vec<_> = (0..5).map(|number| envelope(&number.to_string(), &[to])).collect();
    for envelope in &sent {
        assert_eq!(post(&relay, envelope.clone()).await, 200);
    }
    let group = StreamReadOptions::default().group("agent", "reader");
    // Read once, and again by whoever comes after this reader's death.
    for from in [">", "0"] {
        let read: StreamReadReply = redis.xread_options(&[&stream], &[from], &group).await.unwrap();
        let entries = &read.keys[0].ids;
        let inbound = entries.iter().map(|entry| entry.get::<Vec<u8>>(INBOUND).unwrap());
        let inbound: Vec<_> = inbound.map(|entry| Inbound::from_bytes(&entry).unwrap()).collect();
        assert_eq!(
            inbound.iter().map(|one| &one.payload).collect::<Vec<_>>(),
            sent.iter().collect::<Vec<_>>()
        );
        assert!(inbound.iter().all(|one| one.transport_type == Some(TransportType::Http)));
        assert!(entries.iter().all(|entry| entry.get::<String>(KID) == Some(to.to_string())));
    }
    assert!(owners(&redis).await.is_empty(), "nothing is assigned");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_on_a_socket_waits_there_too_and_a_full_stream_takes_no_more() {
    let engine = Engine::one_node().await;
    let set = ["relay.streams=1", "relay.messages_per_key=2"];
    let relay = Server::start_with(options(&engine).and(&set)).await;
    let (mut socket, _) = connect_async(format!("ws://{}/", relay.address())).await.unwrap();
    for _ in 0..2 {
        socket.send(Message::Binary(envelope("over a socket", &[key()]))).await.unwrap();
    }
    let redis = engine.client().await;
    until("both are there", async || {
        redis.clone().xlen::<_, usize>("acapy_inbound_stream_0").await.unwrap() == 2
    })
    .await;
    assert_eq!(post(&relay, envelope("one more", &[key()])).await, 507);
}
