use std::io::Write;

use futures_util::{SinkExt, StreamExt};
use redis::AsyncCommands;
use testkit::Server;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::plugin::Plugin;
use crate::world::{Engine, envelope, key, options, owners, post, relay, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_envelope_never_reaches_an_agent() {
    let engine = Engine::one_node().await;
    let relay = relay(&engine).await;
    let plain = r#"{"@type": "https://didcomm.org/trust_ping/1.0/ping", "@id": "1"}"#;
    let asking = r#"{"~transport": {"return_route": "all"}, "protected": "e30="}"#;
    let of_v2 = r#"{"protected": "eyJ0eXAiOiJhcHBsaWNhdGlvbi9kaWRjb21tLWVuY3J5cHRlZCtqc29uIn0", "recipients": [], "iv": "", "ciphertext": "", "tag": ""}"#;
    for junk in ["", "junk", "[]", "{}", plain, asking, of_v2] {
        assert_eq!(post(&relay, junk.to_owned()).await, 400, "{junk}");
    }
    assert!(owners(&engine.client().await).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_keys_that_no_agent_has_is_refused_and_a_new_key_is_found_at_once() {
    let engine = Engine::one_node().await;
    let plugin = Plugin::start(&engine.url()).await;
    let (known, new) = (key(), key());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "# the agent\n{known}").unwrap();
    let path = format!("relay.keys_file={}", file.path().display());
    let relay = Server::start_with(options(&engine).and(&[&path])).await;
    assert_eq!(post(&relay, envelope("1", &[known])).await, 200);
    assert_eq!(post(&relay, envelope("2", &[new])).await, 404);
    writeln!(file, "{new}").unwrap();
    until("the key is found", async || post(&relay, envelope("3", &[new])).await == 200).await;
    until("both are consumed", async || plugin.taken().len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_list_says_so() {
    let engine = Engine::one_node().await;
    let relay = Server::start_with(options(&engine).and(&["relay.messages_per_key=2"])).await;
    let to = key();
    for expected in [200, 200, 507] {
        assert_eq!(post(&relay, envelope("x", &[to])).await, expected);
    }
    let length: usize = engine.client().await.llen(format!("acapy_inbound_{to}")).await.unwrap();
    assert_eq!(length, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_socket_the_code_of_the_close_frame_says_so() {
    let engine = Engine::one_node().await;
    let set = ["relay.messages_per_key=1", "transport.frame_bytes=64KiB"];
    let relay = Server::start_with(options(&engine).and(&set)).await;
    let full = key();
    assert_eq!(post(&relay, envelope("x", &[full])).await, 200);
    assert_eq!(closed(&relay, "junk".into()).await, 1008);
    assert_eq!(closed(&relay, envelope("y", &[full])).await, 1008);
    assert_eq!(closed(&relay, vec![b'x'; 65 * 1024].into()).await, 1009);
}

/// The code with which a socket ends on which this was said.
async fn closed(relay: &Server, message: Bytes) -> u16 {
    let (mut socket, _) =
        connect_async(format!("ws://{}/", relay.address())).await.expect("a socket");
    socket.send(Message::Binary(message)).await.expect("it is sent");
    match socket.next().await {
        Some(Ok(Message::Close(Some(frame)))) => frame.code.into(),
        other => panic!("no close frame but {other:?}"),
    }
}
