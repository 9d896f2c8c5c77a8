//! The lists in which ACA-Py's queue plug-in leaves its events, in the hands of an operator.

use std::path::Path;

use serde_json::{Value, json};
use servers::RedisCluster;

use crate::running::{restante, text};

/// What `restante relay events` says, on standard output and otherwise.
fn events(home: &Path, redis: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let args = [&["relay", "events"], args].concat();
    let output = restante(home, &args).env("REDIS_SERVER_URL", redis).output().expect("it runs");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

async fn push(cluster: &RedisCluster, list: &str, entry: &str) {
    cluster.cli(list, &["RPUSH", list, entry]).await;
}

fn event(number: usize) -> Value {
    json!({"payload": {"wallet_id": "base", "topic": "connections", "payload": {"n": number}}, "metadata": {}})
}

const CONNECTIONS: &str = "acapy-record-base";
const WEBHOOKS: &str = "acapy-webhook-base";

async fn fill(cluster: &RedisCluster) {
    for number in 0..150 {
        push(cluster, CONNECTIONS, &event(number).to_string()).await;
    }
    push(cluster, WEBHOOKS, "junk").await;
    push(cluster, WEBHOOKS, &event(0).to_string()).await;
    cluster.cli("acapy-string", &["SET", "acapy-string", "no list"]).await;
    push(cluster, "acapy_outbound", "not an event").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_listed_drained_in_their_order_and_trimmed_and_nothing_else_is_touched() {
    let (cluster, home) = (RedisCluster::start().await, tempfile::tempdir().unwrap());
    let run = |args: &[&str]| events(home.path(), &cluster.url(), args);
    assert_eq!(run(&["list"]).1, "There are no lists of events.\n");
    fill(&cluster).await;
    let expected =
        "acapy-record-base  150 events\nacapy-string  no list\nacapy-webhook-base  2 events\n";
    assert_eq!(run(&["list"]).1, expected);

    let (code, said, _) = run(&["trim", CONNECTIONS, "--keep", "100"]);
    assert_eq!((code, said.as_str()), (Some(0), "acapy-record-base  50 events removed\n"));
    let (code, drained, _) = run(&["drain", CONNECTIONS]);
    let drained: Vec<Value> =
        drained.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected: Vec<_> =
        (50..150).map(|number| json!({"list": CONNECTIONS, "event": event(number)})).collect();
    assert_eq!((code, drained), (Some(0), expected));
    let (code, drained, _) = run(&["drain", "--all"]);
    let expected = [
        json!({"list": WEBHOOKS, "junk": "anVuaw=="}),
        json!({"list": WEBHOOKS, "event": event(0)}),
    ];
    let drained: Vec<Value> =
        drained.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, drained), (Some(0), expected.to_vec()));
    assert_eq!(run(&["list"]).1, "acapy-string  no list\n");
    assert_eq!(cluster.cli("acapy_outbound", &["LLEN", "acapy_outbound"]).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_of_events_is_refused() {
    let (cluster, home) = (RedisCluster::start().await, tempfile::tempdir().unwrap());
    let run = |args: &[&str]| events(home.path(), &cluster.url(), args);
    fill(&cluster).await;
    for queue in ["acapy_outbound", "uid_recip_keys_map", "acapy-"] {
        let (code, _, why) = run(&["trim", queue, "--keep", "0"]);
        assert_eq!(code, Some(2), "{why}");
        assert!(why.contains("begin with the topic prefix and a hyphen"), "{why}");
    }
    let (code, _, why) = run(&["drain", "acapy-string"]);
    assert_eq!(code, Some(1), "{why}");
    assert!(why.contains("acapy-string"), "{why}");
    let (code, said, _) = run(&["trim", "--all", "--keep", "1"]);
    let expected = "acapy-record-base  149 events removed\nacapy-webhook-base  1 events removed\n";
    assert_eq!((code, said.as_str()), (Some(0), expected));
}
