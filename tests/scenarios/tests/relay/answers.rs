use futures_util::future::join_all;
use testkit::{Server, ServerOptions};

use crate::plugin::Plugin;
use crate::world::{Engine, envelope, http, key, options};

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
