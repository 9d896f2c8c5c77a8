//! What the doctor says about relays and deliverers.

use std::path::Path;

use servers::{RedisServer, RedisSpec, free_port};
use testkit::Site;

use crate::running::{restante, text};

fn doctor(home: &Path, part: &str, redis: &str, set: &[&str]) -> (Option<i32>, String) {
    let set: Vec<_> = set.iter().flat_map(|setting| ["--set", setting]).collect();
    let args = [&["doctor", part], set.as_slice()].concat();
    let output = restante(home, &args).env("REDIS_SERVER_URL", redis).output().expect("it runs");
    (output.status.code(), text(&output.stdout))
}

async fn one_node() -> RedisServer {
    RedisServer::start_as_cluster(RedisSpec::plain()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_and_a_deliverer_that_have_all_they_need_are_told_so() {
    let (redis, home, site) = (one_node().await, tempfile::tempdir().unwrap(), Site::open().await);
    let keys = home.path().join("keys");
    std::fs::write(&keys, "# none yet\n").unwrap();
    let keys = format!("relay.keys_file={}", keys.display());
    let (code, said) = doctor(home.path(), "relay", &redis.url(), &[&keys]);
    assert_eq!(code, Some(0), "{said}");
    for line in [
        "ok      keys          0 are known",
        "ok      queues",
        "promise       redis, no persistence",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let (admin, controllers) = (
        format!("deliverer.admin_url={}", site.url("")),
        format!("deliverer.controllers={}", site.url("")),
    );
    let (code, said) = doctor(home.path(), "deliverer", &redis.url(), &[&admin, &controllers]);
    assert_eq!(code, Some(0), "{said}");
    for line in ["ok      admin API", "ok      controller", "ok      dead letters  there are none"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_relay_from_its_work_is_wrong() {
    let (redis, home) = (one_node().await, tempfile::tempdir().unwrap());
    redis.cli(&["SET", "acapy_outbound", "not ours"]).await;
    let wrongs = [
        "relay.admin=true",
        "acapy.status_port=8080",
        &format!("relay.keys_admin=http://127.0.0.1:{}", free_port()),
    ];
    let (code, said) = doctor(home.path(), "relay", &redis.url(), &wrongs);
    assert_eq!(code, Some(1), "{said}");
    for line in [
        "WRONG   queues        `acapy_outbound` is a string and not a list",
        "WRONG   private port",
        "WRONG   status",
        "WRONG   keys          cannot be learned",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deliverer_without_its_redis_or_its_admin_api_is_told_so() {
    let (redis, home) =
        (RedisServer::start(RedisSpec::plain()).await, tempfile::tempdir().unwrap());
    let away = format!("deliverer.admin_url=http://127.0.0.1:{}", free_port());
    let (code, said) = doctor(home.path(), "deliverer", &redis.url(), &[&away]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("WRONG   admin API"), "{said}");
    assert!(said.contains("advice  redis         is no cluster"), "{said}");
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    let (code, said) = doctor(home.path(), "deliverer", &nobody, &["acapy.cacerts=missing.pem"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("WRONG   redis") && said.contains("WRONG   cacerts"), "{said}");
}
