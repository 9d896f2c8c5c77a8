use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use testkit::Server;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::plugin::Plugin;
use crate::world::{Engine, envelope, key, options, post, until};

/// How long a sender is held.
const PATIENCE: Duration = Duration::from_secs(2);

async fn patient(engine: &Engine) -> Server {
    Server::start_with(options(engine).and(&["relay.store_patience=2s"])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_held_until_redis_is_back() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let relay = patient(&engine).await;
    let to = key();
    let first = envelope("before", &[to]);
    assert_eq!(post(&relay, first.clone()).await, 200);
    until("it is consumed", async || plugin.taken().len() == 1).await;
    engine.server().pause();
    let second = envelope("meanwhile", &[to]);
    let (status, ()) = tokio::join!(post(&relay, second.clone()), async {
        sleep(PATIENCE / 2).await;
        engine.server().resume();
    });
    assert_eq!(status, 200);
    until("both are consumed", async || plugin.taken() == [&first[..], &second[..]]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_for_too_long_hears_nothing_and_a_socket_1013() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let mut relay = patient(&engine).await;
    let to = key();
    assert_eq!(post(&relay, envelope("before", &[to])).await, 200);
    until("it is consumed", async || plugin.taken().len() == 1).await;
    let (mut socket, _) =
        connect_async(format!("ws://{}/", relay.address())).await.expect("a socket");
    engine.server().pause();
    let began = Instant::now();
    let said = Message::Binary(envelope("on a socket", &[to]));
    socket.send(said).await.expect("it is sent");
    assert_eq!(post(&relay, envelope("over HTTP", &[to])).await, 0, "any status would be wrong");
    assert!(began.elapsed() >= PATIENCE, "{:?}", began.elapsed());
    match socket.next().await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1013),
        other => panic!("no close frame but {other:?}"),
    }
    engine.server().resume();
    assert!(relay.is_running());
    let again = envelope("again", &[to]);
    until("it takes mail again", async || post(&relay, again.clone()).await == 200).await;
    until("it is consumed", async || plugin.taken().contains(&again.to_vec())).await;
}
