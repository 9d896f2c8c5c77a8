use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::StreamExt;
use parking_lot::Mutex;
use servers::Certificates;
use tempfile::TempDir;
use testkit::{Server, Site};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

use crate::tls_before::tls_before;
use crate::world::{Engine, dead_letters, push, until, with_deliverer};

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_of_a_private_authority_are_delivered_to_over_https_and_wss() {
    let (engine, folder) = (Engine::one_node().await, TempDir::new().unwrap());
    let (certificates, site) = (Certificates::make(folder.path()), Site::open().await);
    let (heard, sockets) = sockets().await;
    let https = tls_before(site.address(), &certificates).await;
    let wss = tls_before(sockets, &certificates).await;
    let trusted = format!("acapy.cacerts={}", certificates.ca.display());
    let _relay = Server::start_with(with_deliverer(&engine).and(&[&trusted])).await;
    let mut redis = engine.client().await;
    push(&mut redis, &format!("https://localhost:{}/a", https.port()), "over https").await;
    push(&mut redis, &format!("wss://localhost:{}/b", wss.port()), "over wss").await;
    site.until(1).await;
    assert_eq!(site.texts(), ["over https"]);
    until("the socket has it", async || *heard.lock() == ["over wss"]).await;
    assert_eq!(dead_letters(&mut redis).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_delivered_to_whose_certificate_is_not_trusted() {
    let (engine, folder) = (Engine::one_node().await, TempDir::new().unwrap());
    let (certificates, site) = (Certificates::make(folder.path()), Site::open().await);
    let https = tls_before(site.address(), &certificates).await;
    let options = with_deliverer(&engine).and(&["deliverer.retries=1"]);
    let _relay = Server::start_with(options).await;
    let mut redis = engine.client().await;
    push(&mut redis, &format!("https://localhost:{}/", https.port()), "secret").await;
    push(&mut redis, &format!("wss://localhost:{}/", https.port()), "secret").await;
    until("both are dead letters", async || dead_letters(&mut redis.clone()).await.len() == 2)
        .await;
    assert_eq!(site.count(), 0);
}

/// What was said on WebSockets, and where they are.
async fn sockets() -> (Arc<Mutex<Vec<String>>>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let (address, heard) = (listener.local_addr().expect("an address"), Arc::default());
    let said: Arc<Mutex<Vec<String>>> = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut socket = accept_async(stream).await.expect("a WebSocket");
            while let Some(Ok(message)) = socket.next().await {
                if message.is_binary() {
                    said.lock().push(String::from_utf8_lossy(&message.into_data()).into_owned());
                }
            }
            let _ = socket.close(None).await;
        }
    });
    (heard, address)
}
