//! A Redis Cluster, deliverers on it, and somebody who does to it what the plug-in does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use acapy::deliverer::{Carriers, DeadLetters, Deliverer, Options, Schedule, Tally};
use acapy::wire::{Names, payload};
use redis::{Cmd, FromRedisValue, cmd};
use servers::RedisCluster;
use store_redis::Redis;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, block_in_place};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use transport::{CarrierOptions, HttpWsCarrier};

/// Nothing that a test waits for takes longer.
const COMES_WITHIN: Duration = Duration::from_secs(60);

/// Ends with the process.
static CLUSTER: OnceLock<RedisCluster> = OnceLock::new();

/// A deployment of its own.
pub struct Stage {
    pub redis: Redis,
    pub names: Names,
    url: String,
}

/// A deliverer at work, with a runtime and a connection of its own: when it is dropped, nothing of it goes on.
pub struct Running {
    pub tally: Arc<Tally>,
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
    runtime: Option<Runtime>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Stage {
    /// On the cluster that all tests share, under a prefix that no other has.
    pub async fn set() -> Self {
        // The first user's runtime ends before the others are done.
        let start = || {
            let start = || Runtime::new().expect("a runtime").block_on(RedisCluster::start());
            std::thread::spawn(start).join().expect("the cluster starts")
        };
        let url = block_in_place(|| CLUSTER.get_or_init(start)).url();
        Self::on(&url).await
    }

    pub async fn on(url: &str) -> Self {
        static STAGES: AtomicUsize = AtomicUsize::new(0);
        let names = Names::new(&format!("t{}", STAGES.fetch_add(1, Ordering::Relaxed)));
        let names = names.expect("a prefix");
        Self { redis: connect(url).await, names, url: url.to_owned() }
    }

    /// With a schedule that a test can wait for.
    pub fn options(&self) -> Options {
        static INSTANCES: AtomicUsize = AtomicUsize::new(0);
        let instance = format!("d{}", INSTANCES.fetch_add(1, Ordering::Relaxed));
        let schedule = Schedule { retries: 2, first: Duration::from_millis(100) };
        Options { schedule, ..Options::new(self.names.clone(), instance) }
    }

    pub fn deliver(&self) -> Running {
        self.deliver_with(self.options())
    }

    pub fn deliver_with(&self, options: Options) -> Running {
        let carrier = |allow_private| {
            let timeout = Duration::from_secs(2);
            let options = CarrierOptions { allow_private, timeout, ..CarrierOptions::default() };
            Arc::new(HttpWsCarrier::new(&options).expect("a way out"))
        };
        let carriers = Carriers { endpoints: carrier(true), own: carrier(true) };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let redis = block_in_place(|| runtime.block_on(connect(&self.url)));
        let deliverer = Deliverer::new(redis, carriers, options);
        let (tally, stop) = (deliverer.tally(), CancellationToken::new());
        let ends = stop.clone();
        let task = runtime.spawn(async move { deliverer.run(ends).await });
        Running { tally, stop, task, runtime: Some(runtime) }
    }

    /// What the plug-in pushes, as Python writes it.
    pub async fn push(&self, url: &str, body: &str) {
        self.push_with(url, body, r#"{"Content-Type": "application/didcomm-envelope-enc"}"#).await;
    }

    pub async fn push_with(&self, url: &str, body: &str, headers: &str) {
        let payload = payload::encode(body.as_bytes());
        self.push_raw(&format!(
            r#"{{"service": {{"url": "{url}"}}, "payload": "{payload}", "headers": {headers}}}"#
        ))
        .await;
    }

    pub async fn push_raw(&self, entry: &str) {
        let list = self.names.outbound();
        let _: u64 = self.say(cmd("RPUSH").arg(list).arg(entry)).await;
    }

    /// Any command, to whoever has the key that is its first argument.
    pub async fn say<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let key = command.args_iter().nth(1);
        let Some(redis::Arg::Simple(key)) = key else { panic!("the command names no key") };
        self.redis.command(key, command).await.expect("Redis answers")
    }

    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(self.redis.clone(), &self.names)
    }

    /// Waits until there are so many dead letters, and gives their reasons.
    pub async fn reasons(&self, count: usize) -> Vec<String> {
        let letters = self.dead_letters();
        let list = async || letters.list(None, 100).await.expect("Redis answers");
        until("there are dead letters", async || list().await.len() >= count).await;
        list().await.into_iter().map(|letter| letter.reason).collect()
    }

    /// Whether nothing waits any more.
    pub async fn is_empty(&self) -> bool {
        let beside = |what| Names::beside(&self.names.outbound(), what);
        let left: [u64; 5] = [
            self.say(cmd("LLEN").arg(self.names.outbound())).await,
            self.say(cmd("HLEN").arg(beside("entries"))).await,
            self.say(cmd("ZCARD").arg(beside("order"))).await,
            self.say(cmd("ZCARD").arg(beside("lanes"))).await,
            self.say(cmd("HLEN").arg(beside("holders"))).await,
        ];
        left == [0; 5]
    }

    pub async fn until_empty(&self) {
        until("nothing is left", async || self.is_empty().await).await;
    }
}

async fn connect(url: &str) -> Redis {
    Redis::connect(&store_redis::Options::new(url)).await.expect("Redis is there")
}

/// Waits until this holds.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + COMES_WITHIN;
    while !holds().await {
        assert!(Instant::now() < deadline, "it never came about that {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
