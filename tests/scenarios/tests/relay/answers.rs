use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use testkit::{Server, ServerOptions};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::plugin::Plugin;
use crate::world::{Engine, envelope, http, key, options, post, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_back_to_the_relay_that_holds_the_request() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    plugin.answers();
    let answering = || -> ServerOptions { options(&engine).and(&["relay.answers=all"]) };
    let relays = [Server::start_with(answering()).await, Server::start_with(answering()).await];
    let asked = (0..6).map(|number| ask(&relays[number % 2]));
    assert_eq!(join_all(asked).await, [true; 6]);
}

/// Whether the answer to a message is what this stand-in answers: the message itself.
async fn ask(relay: &Server) -> bool {
    let message = envelope("a question", &[key()]);
    let request = http().post(relay.url()).body(reqwest::Body::from(message.clone()));
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    response.bytes().await.expect("a body") == message
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_go_back_on_the_socket_that_the_message_came_on_and_posts_ask_for_none() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    plugin.answers();
    let relays = [
        Server::start_with(options(&engine).and(&["relay.answers=sockets"])).await,
        Server::start_with(options(&engine).and(&["relay.answers=sockets"])).await,
    ];
    let asked = (0..4).map(|number| ask_on_a_socket(&relays[number % 2]));
    assert_eq!(join_all(asked).await, [true; 4]);
    let posted = envelope("no question", &[key()]);
    assert_eq!(post(&relays[0], posted.clone()).await, 200);
    until("it is consumed", async || plugin.taken().contains(&posted.to_vec())).await;
    let without = plugin.entries().iter().filter(|entry| entry.get("txn_id").is_none()).count();
    assert_eq!(without, 1);
}

/// Whether each answer on a socket is to what was asked on it.
async fn ask_on_a_socket(relay: &Server) -> bool {
    let (mut socket, _) =
        connect_async(format!("ws://{}/", relay.address())).await.expect("a socket");
    let to = key();
    for text in ["one", "two"] {
        let message = envelope(text, &[to]);
        socket.send(Message::Binary(message.clone())).await.expect("it is sent");
        let answer = socket.next().await.expect("an answer").expect("a frame");
        if answer.into_data() != message {
            return false;
        }
    }
    true
}
