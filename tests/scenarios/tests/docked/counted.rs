//! What operators see of docks.

use std::net::SocketAddr;

use reqwest::Client;
use servers::free_port;
use testkit::{History, Server, ServerOptions, StandInDock, Wallet};

use crate::habits::until;

async fn metrics(admin: SocketAddr) -> String {
    let answer = Client::new().get(format!("http://{admin}/metrics")).send().await;
    answer.expect("metrics").text().await.expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mediator_says_which_sockets_it_serves_and_what_came_of_callbacks() {
    let [door, admin] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
    let dock = StandInDock::start(door).await;
    let server = Server::start_with(ServerOptions::with(&[
        &format!("docks.listen={door}"),
        &format!("docks.trusted={}", dock.endpoint()),
        &format!("admin.listen={admin}"),
    ]))
    .await;
    let wallet = Wallet::join(&server, 1, &History::default()).await;
    let _socket = wallet.by_way_of(dock.address()).dial().await;
    for (path, body) in [
        ("message", "junk"),
        ("connect", r#"{"meta":{"send":"http://127.0.0.1:9/x","connection_id":"ab"}}"#),
    ] {
        let uri = format!("http://{door}/dock/{path}");
        Client::new().post(uri).body(body).send().await.expect("an answer");
    }
    let socket = format!(r#"restante_docked_sockets{{dock="{}"}} 1"#, dock.endpoint());
    until("the socket is counted", async || metrics(admin).await.contains(&socket)).await;
    for line in [
        "restante_docked_shards 64",
        "restante_docked_waiting 0",
        r#"restante_docked_callbacks_total{outcome="taken"} 1"#,
        r#"restante_docked_callbacks_total{outcome="malformed"} 1"#,
        r#"restante_docked_callbacks_total{outcome="stranger"} 1"#,
        r#"restante_docked_callbacks_total{outcome="forged"} 0"#,
    ] {
        until(line, async || metrics(admin).await.lines().any(|it| it == line)).await;
    }
}
