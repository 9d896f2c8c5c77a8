//! How fast a deliverer is: `cargo run --release -p acapy --example deliver [messages]`.
//!
//! Pushes messages of 2 KiB for 50 endpoints of which one never answers, then lets a deliverer of its own process have them, and prints
//! how many arrived a second.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acapy::deliverer::{Carriers, Deliverer, Options};
use acapy::wire::{Names, Outbound, Service};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use redis::cmd;
use servers::{RedisServer, RedisSpec};
use store_redis::Redis;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use transport::{CarrierOptions, HttpWsCarrier};

const ENDPOINTS: usize = 50;
const BYTES: usize = 2 * 1024;

#[tokio::main]
async fn main() {
    let messages = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let server = RedisServer::start(RedisSpec::durable().with("appendfsync", "everysec")).await;
    let redis = Redis::connect(&store_redis::Options::new(server.url())).await.expect("Redis");
    let names = Names::new("acapy").expect("a prefix");
    let came = Arc::new(AtomicUsize::new(0));
    let port = endpoints(came.clone()).await;
    push(&redis, &names.outbound(), port, messages).await;
    let alive = messages - messages / ENDPOINTS;
    let (begun, stop) = (Instant::now(), CancellationToken::new());
    let delivering = deliver(redis, names, stop.clone());
    while came.load(Ordering::Relaxed) < alive {
        sleep(Duration::from_millis(5)).await;
    }
    let took = begun.elapsed();
    println!("{alive} messages to {} endpoints in {took:.2?}, one more being dead", ENDPOINTS - 1);
    println!("{:.0} messages/s", alive as f64 / took.as_secs_f64());
    stop.cancel();
    let _ = tokio::time::timeout(Duration::from_secs(1), delivering).await;
}

fn deliver(redis: Redis, names: Names, stop: CancellationToken) -> tokio::task::JoinHandle<()> {
    let options = CarrierOptions { allow_private: true, ..CarrierOptions::default() };
    let carrier = Arc::new(HttpWsCarrier::new(&options).expect("a way out"));
    let carriers = Carriers { endpoints: carrier.clone(), own: carrier };
    let deliverer = Deliverer::new(redis, carriers, Options::new(names, "bench"));
    tokio::spawn(async move { deliverer.run(stop).await })
}

/// Message `n` is for endpoint `n` modulo their number; the first of them is dead.
async fn push(redis: &Redis, list: &str, port: u16, messages: usize) {
    for first in (0..messages).step_by(500) {
        let mut command = cmd("RPUSH");
        command.arg(list);
        for number in first..(first + 500).min(messages) {
            let url = format!("http://127.0.0.1:{port}/{}", number % ENDPOINTS);
            let payload = Bytes::from(vec![b'x'; BYTES]);
            let entry =
                Outbound { service: Service { url }, payload, headers: [].into(), retries: 0 };
            command.arg(entry.to_bytes());
        }
        redis.command::<u64>(list, &command).await.expect("Redis answers");
    }
}

async fn endpoints(came: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let came = came.clone();
            let service = service_fn(move |request| answer(request, came.clone()));
            tokio::spawn(async move {
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    port
}

async fn answer(
    request: Request<Incoming>,
    came: Arc<AtomicUsize>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/0" {
        std::future::pending::<()>().await;
    }
    let _ = request.into_body().collect().await;
    came.fetch_add(1, Ordering::Relaxed);
    Ok(Response::new(Full::default()))
}
