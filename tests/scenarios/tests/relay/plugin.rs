use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use acapy::wire::{KeyList, Maps, payload};
use parking_lot::Mutex;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncCommands, cmd};
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
        let task = tokio::spawn(poll(redis, uid.clone(), state.clone())).abort_handle();
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
    let client = ClusterClientBuilder::new([url]).response_timeout(Duration::from_secs(10));
    client.build().expect("a URL").get_async_connection().await.expect("a cluster")
}

async fn poll(mut redis: ClusterConnection, uid: String, state: Arc<State>) {
    loop {
        let list: Option<String> =
            redis.hget(Maps::KEYS_OF_UID, &uid).await.expect("Redis answers");
        let Some(list) = list.filter(|_| !state.is_busy.load(Ordering::Relaxed)) else {
            sleep(REST).await;
            continue;
        };
        for kid in KeyList::from_text(list.as_bytes()).expect("a list of keys").0 {
            if state.is_busy.load(Ordering::Relaxed) {
                break;
            }
            let popped: Option<(String, String)> =
                redis.blpop(format!("acapy_inbound_{kid}"), WAIT).await.expect("Redis answers");
            match popped {
                None => sleep(REST).await,
                Some((_, entry)) => consume(&mut redis, &uid, &kid, entry, &state).await,
            }
        }
    }
}

async fn consume(
    redis: &mut ClusterConnection,
    uid: &str,
    kid: &str,
    entry: String,
    state: &State,
) {
    let entry: Value = serde_json::from_str(&entry).expect("JSON");
    static TICKS: AtomicUsize = AtomicUsize::new(0);
    let tick = TICKS.fetch_add(1, Ordering::Relaxed);
    // Its seconds are nobody else's.
    let now = format!("2001-01-01T00:00:{tick:02}Z");
    let _: () = redis.hset(Maps::LAST_ACCESS, uid, now).await.expect("Redis answers");
    let field = Maps::pending_field(uid, kid);
    let pending: Option<i64> = redis.hget(Maps::PENDING, &field).await.expect("Redis answers");
    if let Some(pending) = pending.filter(|pending| *pending >= 1) {
        let _: () = redis.hset(Maps::PENDING, &field, pending - 1).await.expect("Redis answers");
    }
    if let Some(txn_id) = entry["txn_id"].as_str().filter(|_| state.answers.load(Ordering::Relaxed))
    {
        let data = json!({"content-type": "application/didcomm-envelope-enc", "response": entry["payload"]});
        let answer = json!({"txn_id": txn_id, "response_data": data}).to_string();
        let push = cmd("RPUSH").arg("acapy_inbound_direct_resp").arg(answer).to_owned();
        let _: () = push.query_async(redis).await.expect("Redis answers");
    }
    let endpoint = state.sends_on_to.lock().clone();
    if let Some(url) = endpoint {
        let headers = json!({"Content-Type": "application/didcomm-envelope-enc"});
        let sent =
            json!({"service": {"url": url}, "payload": entry["payload"], "headers": headers});
        let push = cmd("RPUSH").arg("acapy_outbound").arg(sent.to_string()).to_owned();
        let _: () = push.query_async(redis).await.expect("Redis answers");
    }
    state.taken.lock().push(entry);
}
