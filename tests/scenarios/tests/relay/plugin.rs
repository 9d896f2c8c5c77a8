use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use acapy::wire::{KeyList, Maps, payload};
use parking_lot::Mutex;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncCommands, RedisResult, cmd};
use serde_json::{Value, json};
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// One agent's plug-in: polls its keys in rounds, pops, and says nothing of itself but when it last consumed something.
pub struct Plugin {
    pub uid: String,
    state: Arc<State>,
    task: AbortHandle,
}

#[derive(Default)]
struct State {
    taken: Mutex<Vec<Value>>,
    /// It is at something else, and will go on.
    is_busy: AtomicBool,
    answers: AtomicBool,
    /// Where the agent sends whatever it gets.
    sends_on_to: Mutex<Option<String>>,
    /// Whom it tells about whatever it gets.
    controller: Mutex<Option<Controller>>,
}

struct Controller {
    url: String,
    key: String,
}

/// How long it waits for a message, and then rests.
const WAIT: f64 = 0.2;
const REST: Duration = Duration::from_millis(200);

impl Plugin {
    /// Starts an instance. Plug-ins know clusters only.
    pub async fn start(url: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let uid = format!("{:08x}-{number:04x}-4000-8000-000000000000", std::process::id());
        let mut redis = connect(url).await;
        let empty = payload::encode(b"[]");
        let _: () = redis.hset(Maps::KEYS_OF_UID, &uid, empty).await.expect("Redis answers");
        let state = Arc::new(State::default());
        let poller = Poller { url: url.to_owned(), redis, uid: uid.clone(), state: state.clone() };
        let task = tokio::spawn(poller.run()).abort_handle();
        Self { uid, state, task }
    }

    /// The payloads that it consumed, in their order.
    pub fn taken(&self) -> Vec<Vec<u8>> {
        let taken = self.state.taken.lock();
        taken
            .iter()
            .map(|entry| {
                payload::decode(entry["payload"].as_str().expect("a text"))
                    .expect("base64")
                    .to_vec()
            })
            .collect()
    }

    /// The entries that it consumed.
    pub fn entries(&self) -> Vec<Value> {
        self.state.taken.lock().clone()
    }

    /// It consumes nothing until it is told to go on.
    pub fn is_busy(&self, busy: bool) {
        self.state.is_busy.store(busy, Ordering::Relaxed);
    }

    /// It answers whatever asks for it, which unmodified ones cannot.
    pub fn answers(&self) {
        self.state.answers.store(true, Ordering::Relaxed);
    }

    /// Its agent sends everything that it gets to this endpoint.
    pub fn sends_on_to(&self, url: &str) {
        *self.state.sends_on_to.lock() = Some(url.to_owned());
    }

    /// It tells a controller of everything that its agent gets, as with `deliver_webhook` and this URL and key.
    pub fn tells(&self, url: &str, key: &str) {
        let controller = Controller { url: url.to_owned(), key: key.to_owned() };
        *self.state.controller.lock() = Some(controller);
    }

    /// Ends it without a word. What it has popped is lost; what comes later is not.
    pub async fn kill(&self) {
        self.task.abort();
        sleep(REST * 3).await;
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client of a cluster.
pub async fn connect(url: &str) -> ClusterConnection {
    try_to_connect(url).await.expect("a cluster")
}

async fn try_to_connect(url: &str) -> RedisResult<ClusterConnection> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let client = ClusterClientBuilder::new([url]).response_timeout(PATIENCE);
    client.overall_response_timeout(Some(PATIENCE)).build()?.get_async_connection().await
}

/// The one who polls. Unlike the real one, who is started again by whoever runs it, it outlives a Redis that is away.
struct Poller {
    url: String,
    redis: ClusterConnection,
    uid: String,
    state: Arc<State>,
}

impl Poller {
    async fn run(mut self) {
        loop {
            if self.round().await.is_err() {
                self.connect_again().await;
            }
        }
    }

    /// A client that was cut off from all nodes may wait for itself from then on: it is replaced.
    async fn connect_again(&mut self) {
        loop {
            sleep(REST).await;
            if let Ok(redis) = try_to_connect(&self.url).await {
                self.redis = redis;
                return;
            }
        }
    }

    fn is_busy(&self) -> bool {
        self.state.is_busy.load(Ordering::Relaxed)
    }

    async fn round(&mut self) -> RedisResult<()> {
        let list: Option<String> = self.redis.hget(Maps::KEYS_OF_UID, &self.uid).await?;
        let Some(list) = list.filter(|_| !self.is_busy()) else {
            sleep(REST).await;
            return Ok(());
        };
        for kid in KeyList::from_text(list.as_bytes()).expect("a list of keys").0 {
            if self.is_busy() {
                break;
            }
            let popped: Option<(String, String)> =
                self.redis.blpop(format!("acapy_inbound_{kid}"), WAIT).await?;
            match popped {
                None => sleep(REST).await,
                Some((_, entry)) => self.consume(&kid, &entry).await,
            }
        }
        Ok(())
    }

    /// What has been popped is in nobody else's hand.
    async fn consume(&mut self, kid: &str, entry: &str) {
        let entry: Value = serde_json::from_str(entry).expect("JSON");
        while self.deal_with(kid, &entry).await.is_err() {
            self.connect_again().await;
        }
        self.state.taken.lock().push(entry);
    }

    async fn deal_with(&mut self, kid: &str, entry: &Value) -> RedisResult<()> {
        self.count(kid).await?;
        self.answer(entry).await?;
        self.send_on(entry).await?;
        self.tell().await
    }

    async fn count(&mut self, kid: &str) -> RedisResult<()> {
        static TICKS: AtomicUsize = AtomicUsize::new(0);
        let tick = TICKS.fetch_add(1, Ordering::Relaxed);
        // Its seconds are nobody else's.
        let now = format!("2001-01-01T00:00:{tick:02}Z");
        let _: () = self.redis.hset(Maps::LAST_ACCESS, &self.uid, now).await?;
        let field = Maps::pending_field(&self.uid, kid);
        let pending: Option<i64> = self.redis.hget(Maps::PENDING, &field).await?;
        match pending.filter(|pending| *pending >= 1) {
            Some(pending) => self.redis.hset(Maps::PENDING, &field, pending - 1).await,
            None => Ok(()),
        }
    }

    async fn answer(&mut self, entry: &Value) -> RedisResult<()> {
        let answers = self.state.answers.load(Ordering::Relaxed);
        let Some(txn_id) = entry["txn_id"].as_str().filter(|_| answers) else { return Ok(()) };
        let data = json!({"content-type": "application/didcomm-envelope-enc", "response": entry["payload"]});
        let answer = json!({"txn_id": txn_id, "response_data": data});
        self.push("acapy_inbound_direct_resp", &answer).await
    }

    async fn send_on(&mut self, entry: &Value) -> RedisResult<()> {
        let endpoint = self.state.sends_on_to.lock().clone();
        let Some(url) = endpoint else { return Ok(()) };
        let headers = json!({"Content-Type": "application/didcomm-envelope-enc"});
        let sent =
            json!({"service": {"url": url}, "payload": entry["payload"], "headers": headers});
        self.push("acapy_outbound", &sent).await
    }

    /// To a list of events, and as a webhook without a content type, whose record is one level deeper than in those of ACA-Py itself.
    async fn tell(&mut self) -> RedisResult<()> {
        let webhook = self.state.controller.lock().as_ref().map(|controller| {
            let url = format!("{}/topic/basicmessages/", controller.url);
            let headers = json!({"x-wallet-id": WALLET, "x-api-key": controller.key});
            let payload = payload::encode(event().to_string().as_bytes());
            json!({"service": {"url": url}, "payload": payload, "headers": headers})
        });
        let Some(webhook) = webhook else { return Ok(()) };
        let told = json!({"payload": event(), "metadata": {"x-wallet-id": WALLET}});
        self.push("acapy-basicmessage-received", &told).await?;
        self.push("acapy_outbound", &webhook).await
    }

    async fn push(&mut self, list: &str, entry: &Value) -> RedisResult<()> {
        cmd("RPUSH").arg(list).arg(entry.to_string()).query_async(&mut self.redis).await
    }
}

/// The wallet that a plug-in speaks of.
pub const WALLET: &str = "00000000-0000-4000-8000-000000000001";

/// What it says of a message that its agent has got.
pub fn event() -> Value {
    json!({
        "wallet_id": WALLET,
        "state": "received",
        "topic": "acapy::basicmessage::received",
        "category": null,
        "payload": {"connection_id": "c", "content": "hello", "state": "received"},
    })
}
