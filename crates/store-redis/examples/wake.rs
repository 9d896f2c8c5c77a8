//! Measures ways to wake a reader in another process, with as many readers as asked for, against a Redis of its own.
//!
//! `cargo run --release -p store-redis --example wake -- [readers] [messages]`
//!
//! | way | channel | published by |
//! | --- | --- | --- |
//! | recipient | a sharded one per recipient | the script that appends |
//! | batches | one per process, not sharded | the appender, for all letters since it published last |
//! | partition | a sharded one per process and partition of recipients (what the store does) | the script that appends |
#![expect(clippy::print_stdout, reason = "its purpose is to print figures")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, Value, cmd, pipe};
use servers::{RedisServer, RedisSpec};
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, interval};

const APPEND: &str = concat!(
    include_str!("../src/scripts/plain.lua"),
    include_str!("../src/scripts/common.lua"),
    include_str!("../src/scripts/append.lua")
);

static HASH: LazyLock<String> = LazyLock::new(|| redis::Script::new(APPEND).get_hash().to_owned());

const PARTITIONS: usize = 256;
const NOW: u64 = 1_700_000_000_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Recipient,
    Batches,
    Partition,
}

/// The readers' ends: when each letter was sent, and how long it took to be heard of.
#[derive(Default)]
struct Heard {
    sent: parking_lot::Mutex<HashMap<usize, Instant>>,
    late: parking_lot::Mutex<Vec<Duration>>,
}

impl Heard {
    fn note(&self, owner: &[u8]) {
        let Some(number) = owner.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)) else {
            return;
        };
        if let Some(sent) = self.sent.lock().remove(&(number as usize)) {
            self.late.lock().push(sent.elapsed());
        }
    }

    fn take(&self, push: PushInfo) {
        if !matches!(push.kind, PushKind::SMessage | PushKind::Message) {
            return;
        }
        if let Some(Value::BulkString(bytes)) = push.data.get(1) {
            bytes[1..].chunks(16).for_each(|owner| self.note(owner));
        }
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let readers = arguments.next().unwrap_or(19_000);
    let messages = arguments.next().unwrap_or(40_000);
    println!("{readers} readers, {messages} letters of 2 KB at full speed, then 5 s of 500/s");
    println!(
        "mode    way        Redis bytes/reader  subscribing ms  CPU us/letter Redis  client  p50 ms  p99 ms  lost"
    );
    for is_cluster in [false, true] {
        for way in [Way::Recipient, Way::Batches, Way::Partition] {
            measure(way, is_cluster, readers, messages).await;
        }
    }
}

async fn measure(way: Way, is_cluster: bool, readers: usize, messages: usize) {
    let mut spec = RedisSpec::plain();
    if is_cluster {
        spec = spec.with("cluster-enabled", "yes");
    }
    let server = RedisServer::start(spec).await;
    if is_cluster {
        server.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
        server.until_info("cluster_enabled:1").await;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let heard = Arc::new(Heard::default());
    let mut writer = connect(&server, None).await;
    fill(&mut writer, way, readers).await;
    let before = memory(&server).await;
    let mut reader = connect(&server, Some(heard.clone())).await;
    let began = Instant::now();
    subscribe(&mut reader, way, readers).await;
    let subscribing = began.elapsed();
    let bytes = (memory(&server).await - before) / readers as f64;

    let publisher = Arc::new(Publisher::default());
    let publishing = tokio::spawn(publisher.clone().run(writer.clone()));
    let (redis, client) = (cpu_of_redis(&server).await, cpu_of_client());
    let letters = stream::iter(0..messages);
    letters
        .for_each_concurrent(32, |number| {
            let (writer, publisher, heard) = (writer.clone(), publisher.clone(), heard.clone());
            async move { append(writer, way, number % readers, number, &publisher, &heard).await }
        })
        .await;
    settle(&heard).await;
    let per_letter = |seconds: f64| seconds * 1e6 / messages as f64;
    let redis = per_letter(cpu_of_redis(&server).await - redis);
    let client = per_letter(cpu_of_client() - client);
    let lost = heard.sent.lock().len();

    heard.late.lock().clear();
    heard.sent.lock().clear();
    let mut pace = interval(Duration::from_millis(2));
    for number in 0..2_500 {
        pace.tick().await;
        let (writer, publisher, heard) = (writer.clone(), publisher.clone(), heard.clone());
        let owner = (number * 7) % readers;
        tokio::spawn(async move {
            append(writer, way, owner, messages + number, &publisher, &heard).await;
        });
    }
    settle(&heard).await;
    let mut late = heard.late.lock().clone();
    late.sort();
    let at = |part: usize| late[(late.len() - 1) * part / 100].as_secs_f64() * 1e3;
    println!(
        "{:7} {:10} {bytes:18.0} {:15.0} {redis:20.1} {client:7.1} {:7.2} {:7.2} {lost:5}",
        if is_cluster { "cluster" } else { "single" },
        format!("{way:?}"),
        subscribing.as_secs_f64() * 1e3,
        at(50),
        at(99),
    );
    publishing.abort();
    // A letter that is still on its way would meet a server that is gone.
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Collects recipients while a publication is under way.
#[derive(Default)]
struct Publisher {
    waiting: Mutex<Vec<u8>>,
    more: Notify,
}

impl Publisher {
    async fn run(self: Arc<Self>, mut connection: MultiplexedConnection) {
        loop {
            self.more.notified().await;
            let owners = std::mem::take(&mut *self.waiting.lock().await);
            if !owners.is_empty() {
                let batch = [&b"B"[..], &owners].concat();
                let published = cmd("PUBLISH").arg("instance").arg(batch).to_owned();
                published.exec_async(&mut connection).await.expect("published");
            }
        }
    }
}

fn owner(number: usize) -> [u8; 16] {
    let mut owner = [0; 16];
    owner[..8].copy_from_slice(&(number as u64).to_be_bytes());
    owner
}

fn key(number: usize, what: &str) -> String {
    format!("bench:{{{:03}}}:AAAAAAAAAAAAAA{number:08}:{what}", number % PARTITIONS)
}

fn channels(number: usize) -> String {
    format!("bench:{{{:03}}}:wake:", number % PARTITIONS)
}

/// The name that a reader's line gives to its channel.
fn channel(way: Way, number: usize) -> String {
    match way {
        Way::Recipient => format!("AAAAAAAAAAAAAA{number:08}"),
        // The script takes it for the caller's own and publishes nothing.
        Way::Batches => "writer00".to_owned(),
        Way::Partition => "reader00".to_owned(),
    }
}

async fn connect(server: &RedisServer, heard: Option<Arc<Heard>>) -> MultiplexedConnection {
    let client = Client::open(format!("{}?protocol=resp3", server.url())).expect("a client");
    let mut config = AsyncConnectionConfig::new();
    if let Some(heard) = heard {
        config =
            config.set_push_sender(move |push: PushInfo| -> Result<(), redis::aio::SendError> {
                heard.take(push);
                Ok(())
            });
    }
    client.get_multiplexed_async_connection_with_config(&config).await.expect("a connection")
}

async fn fill(connection: &mut MultiplexedConnection, way: Way, readers: usize) {
    for numbers in (0..readers).collect::<Vec<_>>().chunks(1_000) {
        let mut pipeline = pipe();
        for number in numbers {
            let line = format!("{NOW},1,{},instance\n", channel(way, *number));
            let claim = format!("{NOW},S,instance,0123456789abcdef");
            let command = pipeline.cmd("HSET").arg(key(*number, "box"));
            command.arg("r").arg(line).arg("e").arg(NOW).arg("o").arg(claim).arg("v").arg(NOW);
            pipeline.cmd("PEXPIRE").arg(key(*number, "box")).arg(2_678_400_000u64);
        }
        pipeline.exec_async(connection).await.expect("filled");
    }
}

async fn subscribe(connection: &mut MultiplexedConnection, way: Way, readers: usize) {
    let name = |number| channels(number) + &channel(way, number);
    let all: Vec<String> = match way {
        Way::Recipient => (0..readers).map(name).collect(),
        Way::Partition => (0..PARTITIONS).map(name).collect(),
        Way::Batches => {
            return connection.subscribe("instance").await.expect("subscribed");
        }
    };
    for channels in all.chunks(1_000) {
        let mut pipeline = pipe();
        channels.iter().for_each(|channel| {
            pipeline.cmd("SSUBSCRIBE").arg(channel);
        });
        connection.send_packed_commands(&pipeline, 0, channels.len()).await.expect("subscribed");
    }
}

async fn append(
    mut connection: MultiplexedConnection,
    way: Way,
    number: usize,
    letter: usize,
    publisher: &Publisher,
    heard: &Heard,
) {
    static DEDUPE: AtomicU64 = AtomicU64::new(0);
    let mut dedupe = [0u8; 16];
    dedupe[..8].copy_from_slice(&DEDUPE.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let body = vec![b'x'; 2_048];
    let mut head = [NOW.to_be_bytes(), (NOW + 1_000_000).to_be_bytes()].concat();
    head.extend(2_048u32.to_be_bytes());
    head.extend([1; 33]);
    let mut call = cmd("EVALSHA");
    call.arg(HASH.as_str()).arg(5);
    for what in ["box", "mail", "body", "dedupe"] {
        call.arg(key(number, what));
    }
    call.arg(format!("bench:{{{:03}}}:due", number % PARTITIONS));
    call.arg(NOW).arg(NOW + 1_000_000).arg(NOW + 3_600_000).arg(1_000_000).arg(1u64 << 40);
    call.arg(&dedupe[..]).arg(letter << 24).arg(2_048).arg(&head).arg(&body);
    call.arg(&owner(number)[..]).arg(channels(number)).arg("writer00");
    heard.sent.lock().entry(number).or_insert_with(Instant::now);
    if call.query_async::<Value>(&mut connection).await.is_err() {
        let loaded = cmd("SCRIPT").arg("LOAD").arg(APPEND).to_owned();
        loaded.exec_async(&mut connection).await.expect("loaded");
        call.query_async::<Value>(&mut connection).await.expect("appended");
    }
    if way == Way::Batches {
        publisher.waiting.lock().await.extend(owner(number));
        publisher.more.notify_one();
    }
}

/// Waits until all is heard, or nothing comes any more.
async fn settle(heard: &Heard) {
    for _ in 0..20 {
        if heard.sent.lock().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn memory(server: &RedisServer) -> f64 {
    tokio::time::sleep(Duration::from_millis(300)).await;
    number(&server.cli(&["INFO", "memory"]).await, "used_memory:")
}

async fn cpu_of_redis(server: &RedisServer) -> f64 {
    let info = server.cli(&["INFO", "cpu"]).await;
    number(&info, "used_cpu_user:") + number(&info, "used_cpu_sys:")
}

fn number(info: &str, name: &str) -> f64 {
    let line = info.lines().find_map(|line| line.strip_prefix(name)).expect("it is there");
    line.trim().parse().expect("a number")
}

/// Seconds that this process has used.
fn cpu_of_client() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields = stat.rsplit(')').next().expect("fields").split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}
