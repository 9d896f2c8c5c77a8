//! Somebody recorded a signed callback, and makes it once more while its signature counts.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use protocols::client;
use reqwest::{Client, StatusCode};
use servers::free_port;
use testkit::{History, Server, ServerOptions, Wallet};
use tokio::net::TcpListener;
use tokio::time::sleep;
use transport::dock::signature::{self, Keys, Signed, sign};

use crate::habits::until;
use crate::wall_clock::now;

pub const KEY: &str = "a-key-of-22-characters";

/// Where the mediator sends to sockets: counts what it sends.
#[derive(Default)]
struct PrivateSide(AtomicUsize);

impl PrivateSide {
    async fn start() -> (Arc<Self>, SocketAddr) {
        let side = Arc::<Self>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let counting = side.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(counting.clone().serve(TokioIo::new(tcp)));
            }
        });
        (side, address)
    }

    async fn serve(self: Arc<Self>, tcp: TokioIo<tokio::net::TcpStream>) {
        let service = service_fn(move |_: Request<_>| {
            self.0.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("OK"))) }
        });
        // A mediator that hangs up is no concern of the dock's.
        let _ = http1::Builder::new().serve_connection(tcp, service).await;
    }

    fn sent(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

pub async fn make(door: SocketAddr, signed: &Signed, body: &str) -> StatusCode {
    let request = Client::new()
        .post(format!("http://{door}/dock/message"))
        .header(signature::TIMESTAMP, &signed.timestamp)
        .header(signature::SIGNATURE, &signed.signature)
        .body(body.to_owned());
    request.send().await.expect("an answer").status()
}

pub fn callback(dock: SocketAddr, number: u64, message: &[u8]) -> String {
    let meta = serde_json::json!({
        "send": format!("http://{dock}/socket/ab/send"), "connection_id": "ab", "number": number,
    });
    let message = std::str::from_utf8(message).expect("an envelope is JSON");
    serde_json::json!({ "meta": meta, "message": message }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_callback_is_taken_and_does_nothing() {
    let door = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let options = ServerOptions::with(&[&format!("docks.listen={door}")]);
    let server = Server::start_with(options.variable("RESTANTE_DOCKS__KEYS", KEY)).await;
    let (side, dock) = PrivateSide::start().await;
    let wallet = Wallet::join(&server, 1, &History::default()).await;
    let keys = Keys::new([KEY]).expect("a long key");
    let ping = || wallet.agent().seal(&client::ping(&wallet.agent().id(), true));

    let body = callback(dock, 1, &ping());
    let recorded = sign(&keys, now(), body.as_bytes());
    for _ in 0..3 {
        assert_eq!(make(door, &recorded, &body).await, StatusCode::OK);
    }
    until("the ping is answered", async || side.sent() > 0).await;
    let altered = callback(dock, 2, &ping());
    assert_eq!(make(door, &recorded, &altered).await, StatusCode::UNAUTHORIZED);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(side.sent(), 1, "one answer for one ping");
    assert_eq!(make(door, &sign(&keys, now(), altered.as_bytes()), &altered).await, StatusCode::OK);
    until("the next ping is answered", async || side.sent() == 2).await;
}
