//! `restante deliverer`, in the place of the one that came with ACA-Py's queue plug-in.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use servers::{RedisCluster, RedisServer, RedisSpec};
use testkit::Site;

use crate::running::{ask, free_address, restante, text, until};

/// A deliverer, killed when dropped.
struct Deliverer(Child);

impl Drop for Deliverer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// With the environment of the program that it replaces.
fn command(home: &Path, args: &[&str], redis: &str) -> Command {
    let mut command = restante(home, &[&["deliverer"], args].concat());
    command.env("REDIS_SERVER_URL", redis).env("TOPIC_PREFIX", "agents");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn deliver(home: &Path, redis: &str) -> Deliverer {
    let mut command = command(home, &[], redis);
    command.env("RESTANTE_DELIVERER__RETRIES", "1");
    command.env("RESTANTE_DELIVERER__RETRY_FIRST", "50ms");
    Deliverer(command.spawn().expect("it starts"))
}

fn operate(home: &Path, redis: &str, args: &[&str]) -> (Option<i32>, String) {
    let args = [&["dead-letters"], args].concat();
    let output = command(home, &args, redis).stdout(Stdio::piped()).output().expect("it runs");
    (output.status.code(), text(&output.stdout))
}

fn entry(url: &str, body: &str) -> String {
    let payload = URL_SAFE.encode(body);
    format!(r#"{{"service": {{"url": "{url}"}}, "payload": "{payload}", "headers": {{}}}}"#)
}

async fn push(redis: &RedisServer, url: &str, body: &str) {
    redis.cli(&["RPUSH", "agents_outbound", &entry(url, body)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deliverer_that_is_killed_again_and_again_loses_nothing() {
    let redis = RedisServer::start(RedisSpec::plain()).await;
    let (home, endpoint) = (tempfile::tempdir().unwrap(), Site::open().await);
    endpoint.decide(|_, _| (200, "", std::time::Duration::from_millis(5)));
    let expected: Vec<_> = (0..300).map(|number| format!("{number:03}")).collect();
    for body in &expected {
        push(&redis, &endpoint.url("/"), body).await;
    }
    for _ in 0..2 {
        let before = endpoint.texts().len();
        let running = deliver(home.path(), &redis.url());
        until("some came", || endpoint.texts().len() > before + 20).await;
        drop(running);
    }
    let _last = deliver(home.path(), &redis.url());
    until("all came", || endpoint.texts().last() == expected.last()).await;
    let mut came = endpoint.texts();
    came.dedup();
    assert_eq!(came, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_the_operators_to_look_at_replay_and_drop() {
    let cluster = RedisCluster::start().await;
    let (home, endpoint) = (tempfile::tempdir().unwrap(), Site::open().await);
    endpoint.decide(|_, _| 404);
    let (url, home) = (cluster.url(), home.path());
    for body in ["one", "two", "three"] {
        let entry = entry(&endpoint.url("/"), body);
        cluster.cli("agents_outbound", &["RPUSH", "agents_outbound", &entry]).await;
    }
    let running = deliver(home, &url);
    until("all are dead", || operate(home, &url, &["list"]).1.lines().count() == 3).await;
    drop(running);
    assert_eq!(endpoint.texts(), ["one", "one", "two", "two", "three", "three"]);
    let listed = operate(home, &url, &["list", "--json"]).1;
    let ids: Vec<String> = listed.lines().map(id).collect();
    assert!(listed.contains("404") && listed.contains(&endpoint.url("/")), "{listed}");
    let shown = operate(home, &url, &["show", &ids[0]]).1;
    assert!(shown.contains("\"payload_bytes\": 3"), "{shown}");
    assert_eq!(operate(home, &url, &["drop", &ids[0]]).0, Some(0));
    assert_eq!(operate(home, &url, &["drop", &ids[0]]).0, Some(1));
    assert_eq!(operate(home, &url, &["replay", "--all"]).0, Some(0));
    assert_eq!(operate(home, &url, &["list"]).1, "There are no dead letters.\n");
    let waiting = cluster.cli("agents_outbound", &["LLEN", "agents_outbound"]).await;
    assert_eq!(waiting, "2");
}

fn id(line: &str) -> String {
    let letter: serde_json::Value = serde_json::from_str(line).expect("JSON");
    letter["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_and_counters_are_told_and_sigterm_ends_it() {
    let redis = RedisServer::start(RedisSpec::plain()).await;
    let home = tempfile::tempdir().unwrap();
    let (status, admin) = (free_address(), free_address());
    let (host, port) = status.split_once(':').unwrap();
    let mut command = command(home.path(), &["--admin-listen", &admin], &redis.url());
    command.env("STATUS_ENDPOINT_HOST", host).env("STATUS_ENDPOINT_PORT", port);
    command.env("STATUS_ENDPOINT_API_KEY", "hush");
    let mut running = Deliverer(command.spawn().unwrap());
    until("it listens", || std::net::TcpStream::connect(&admin).is_ok()).await;
    let told = |key: &str| {
        ask(
            &status,
            &format!(
                "GET /status/ready HTTP/1.1\r\nconnection: close\r\naccess_token: {key}\r\nx:"
            ),
        )
    };
    assert!(told("hush").ends_with("{\"ready\":true}"), "{}", told("hush"));
    assert!(told("push").starts_with("HTTP/1.1 403"));
    let counters = ask(&admin, "GET /metrics");
    assert!(counters.contains("restante_deliverer_total{outcome=\"delivered\"} 0"), "{counters}");
    Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap();
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_redis_it_says_what_to_change() {
    let home = tempfile::tempdir().unwrap();
    let output = restante(home.path(), &["deliverer"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("REDIS_SERVER_URL"), "{}", text(&output.stderr));
}
