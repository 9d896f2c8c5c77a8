//! Relays: what comes over HTTP for many keys goes into ACA-Py's lists in Redis.
//!
//! `--messages` of about 2 KiB for `--keys` keys over `--clients` connections, each posted when the one before it is answered. The posts are another
//! process's work, and the Redis is started for it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use acapy::wire::{KeyList, Maps};
use didcomm::{SecretKey, seal_anon};
use futures_util::future::join_all;
use servers::{RedisServer, RedisSpec};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines, stdin};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::Instant;

use crate::arguments::Arguments;
use crate::dock::no_limits;
use crate::process::Measured;

/// Inside the envelope: with it, about 2 KiB.
const BYTES: usize = 1_100;

/// Everything that the command line asks for.
pub async fn measure(binary: &Path, arguments: &Arguments) {
    let (keys, clients) = (arguments.of("keys", 1_000), arguments.of("clients", 64));
    let messages = arguments.of("messages", 40_000);
    let spec = RedisSpec::durable().with("appendfsync", "everysec");
    let redis = RedisServer::start(spec).await;
    // There has to be somebody to whom keys can be assigned.
    let nobodys = KeyList::default().to_text();
    redis.cli(&["HSET", Maps::KEYS_OF_UID, "an instance", &nobodys]).await;
    let store = ["--store".to_owned(), redis.url()];
    let more: Vec<String> = store.into_iter().chain(no_limits()).collect();
    let relay = Measured::start_as(binary, "relay", &more).await;
    let mut poster = Poster::start(relay.address(), keys, clients, messages);
    // Keys are assigned the first time that mail comes for them.
    poster.round().await;
    let (cpu, began) = (relay.cpu(), Instant::now());
    poster.round().await;
    let (took, cpu) = (began.elapsed().as_secs_f64(), relay.cpu() - cpu);
    println!("{messages} messages for {keys} keys over {clients} connections in {took:.2} s");
    println!("{:.0} messages/s", messages as f64 / took);
    println!("{:.3} CPU ms a message in the relay", cpu / messages as f64 * 1e3);
    println!("{:.1} MB resident", relay.resident());
}

/// Another process that posts: one message for each key, and then all the others.
struct Poster {
    lead: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Poster {
    fn start(relay: SocketAddr, keys: usize, clients: usize, messages: usize) -> Self {
        let program = std::env::current_exe().expect("an executable");
        let mut command = Command::new(program);
        command.args(["-", "post", "--relay", &relay.to_string()]);
        for (name, value) in [("keys", keys), ("clients", clients), ("messages", messages)] {
            command.args([format!("--{name}"), value.to_string()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let lead = child.stdin.take().expect("a pipe");
        let said = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { lead, said, _child: child }
    }

    /// Waits until all of a round are accepted.
    async fn round(&mut self) {
        self.lead.write_all(b"go\n").await.expect("it listens");
        let said = self.said.next_line().await.expect("it speaks");
        assert_eq!(said.as_deref(), Some(DONE), "all are accepted");
    }
}

const DONE: &str = "done";

/// What that process does.
pub async fn post(arguments: &Arguments) {
    let relay: SocketAddr =
        arguments.text("relay").and_then(|text| text.parse().ok()).expect("--relay");
    let (clients, messages) = (arguments.of("clients", 1), arguments.of("messages", 1));
    let keys = arguments.of("keys", 1);
    let requests: Arc<Vec<Vec<u8>>> = Arc::new((0..keys).map(|_| request()).collect());
    let mut lead = BufReader::new(stdin()).lines();
    for count in [keys, messages] {
        lead.next_line().await.expect("somebody leads");
        post_all(relay, &requests, clients, count).await;
        println!("{DONE}");
    }
}

async fn post_all(relay: SocketAddr, requests: &Arc<Vec<Vec<u8>>>, clients: usize, count: usize) {
    let each = (0..clients).map(|first| {
        let requests = requests.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(relay).await.expect("it listens");
            for number in (first..count).step_by(clients) {
                stream.write_all(&requests[number % requests.len()]).await.expect("it reads");
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
