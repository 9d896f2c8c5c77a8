//! How fast a relay is: `cargo run --release -p acapy --example relay [messages]`.
//!
//! Another process posts messages of about 2 KiB for 1,000 keys over 64 connections, each when the one before it is answered. What is printed is about
//! the relay's own process: messages a second until Redis has all of them, CPU and memory.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use acapy::Health;
use acapy::relay::{Count, Relay, RelayOptions, RelayPages};
use acapy::wire::{KeyList, Maps, Names};
use didcomm::{SecretKey, seal_anon};
use futures_util::future::join_all;
use redis::cmd;
use servers::{RedisServer, RedisSpec};
use store_redis::Redis;
use testkit::RuntimeClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use transport::{Drain, Limits, ServeOptions};

const KEYS: usize = 1_000;
const CONNECTIONS: usize = 64;
const BYTES: usize = 1_100;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, address, messages] = arguments.as_slice()
        && word == "post"
    {
        let messages = messages.parse().expect("a number");
        return post(address.parse().expect("an address"), messages).await;
    }
    let messages = arguments.get(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let spec = RedisSpec::durable().with("appendfsync", "everysec");
    let server = RedisServer::start_as_cluster(spec).await;
    let redis = Redis::connect(&store_redis::Options::new(server.url())).await.expect("Redis");
    let (address, relay) = serve(redis).await;
    // Keys are assigned the first time that mail comes for them.
    drive(address, KEYS).await;
    let (before, begun) = (Used::now(), Instant::now());
    drive(address, messages).await;
    let took = begun.elapsed().as_secs_f64();
    let cpu = Used::now().cpu - before.cpu;
    assert_eq!(relay.tally().get(Count::Kept), (KEYS + messages) as u64, "all are kept");
    println!("{messages} messages for {KEYS} keys over {CONNECTIONS} connections in {took:.2} s");
    println!("{:.0} messages/s", messages as f64 / took);
    println!("{:.3} CPU s per 1,000 messages in the relay", cpu / messages as f64 * 1_000.0);
    println!("{:.1} MB resident", Used::now().resident);
}

async fn serve(redis: Redis) -> (SocketAddr, Arc<Relay>) {
    let instance = cmd("HSET")
        .arg(Maps::KEYS_OF_UID)
        .arg("an instance")
        .arg(KeyList::default().to_text())
        .to_owned();
    redis.command::<()>(Maps::KEYS_OF_UID, &instance).await.expect("Redis answers");
    let options = RelayOptions::new(Names::new("acapy").expect("a prefix"));
    let clock = Arc::new(RuntimeClock::start());
    let (relay, housekeeping) = Relay::new(redis.clone(), clock, options);
    let stop = CancellationToken::new();
    tokio::spawn(housekeeping.run(stop.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let usual = Limits::default();
    let options = ServeOptions {
        limits: Limits { connections_per_address: usual.connections, ..usual },
        tls: None,
        proxies: Vec::new(),
        pages: Arc::new(RelayPages(Health::watch(redis, stop.clone()))),
        tally: Arc::default(),
    };
    let drain = Drain { begin: stop, spread: Duration::ZERO, patience: Duration::ZERO };
    tokio::spawn(transport::serve(listener, relay.clone(), options, drain));
    (address, relay)
}

/// Has another process post.
async fn drive(address: SocketAddr, messages: usize) {
    let program = std::env::current_exe().expect("an executable");
    let mut driver = Command::new(program);
    driver.args(["post", &address.to_string(), &messages.to_string()]).stdin(Stdio::null());
    assert!(driver.status().await.expect("it starts").success(), "all are accepted");
}

async fn post(address: SocketAddr, messages: usize) {
    let requests: Arc<Vec<Vec<u8>>> = Arc::new((0..KEYS).map(|_| request()).collect());
    let each = (0..CONNECTIONS).map(|first| {
        let requests = requests.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            for number in (first..messages).step_by(CONNECTIONS) {
                stream.write_all(&requests[number % KEYS]).await.expect("it reads");
                until_accepted(&mut stream).await;
            }
        })
    });
    for done in join_all(each).await {
        done.expect("all are accepted");
    }
}

/// A post for a key of its own.
fn request() -> Vec<u8> {
    let key = SecretKey::generate().verkey();
    let envelope = seal_anon(&[b'x'; BYTES], &[key]).expect("it seals").into_bytes();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: relay\r\ncontent-type: application/didcomm-envelope-enc\r\ncontent-length: {}\r\n\r\n",
        envelope.len()
    );
    [head.as_bytes(), &envelope[..]].concat()
}

async fn until_accepted(stream: &mut TcpStream) {
    let mut head = Vec::with_capacity(1_024);
    while !head.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut head).await.expect("it answers") > 0, "it hangs up");
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
}

/// What this process has used, in seconds and MB.
struct Used {
    cpu: f64,
    resident: f64,
}

impl Used {
    fn now() -> Self {
        let read = |file| std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
        let (stat, status) = (read("stat"), read("status"));
        // utime and stime, in ticks of 10 ms, are fields 12 and 13 after the name in parentheses.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: f64 =
            fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Self { cpu: ticks / 100.0, resident: kib.unwrap_or_default() * 1024.0 / 1e6 }
    }
}
