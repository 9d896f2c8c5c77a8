//! Mediators on Redis, and servers that are of no use.

use servers::{RedisCluster, RedisServer, RedisSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::running::{Running, restante, run, text, until};

const USER: &str = "RESTANTE_REDIS__CREDENTIALS__USERNAME";
const PASSWORD: &str = "RESTANTE_REDIS__CREDENTIALS__PASSWORD";
const CACERTS: &str = "RESTANTE_REDIS__SSL__CACERTS";

/// A mediator that does not start for this reason, with this exit code.
async fn expect_refusal(url: &str, env: &[(&str, &str)], code: i32, words: &str) {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = restante(home.path(), &["mediator", "--listen", "127.0.0.1:0"]);
    command.env("RESTANTE_STORE", url).envs(env.iter().copied());
    let outcome = tokio::task::spawn_blocking(move || command.output());
    let outcome = outcome.await.expect("it is awaited").expect("the binary runs");
    let said = text(&outcome.stderr);
    assert_eq!(outcome.status.code(), Some(code), "{said}");
    assert!(said.contains(words) && !said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mediators_with_one_root_secret_share_a_redis_and_another_one_is_refused() {
    let redis = RedisServer::start(RedisSpec::durable()).await;
    let home = tempfile::tempdir().unwrap();
    let one = Running::start(home.path(), &["--store", &redis.url()]);
    let two = Running::start(home.path(), &["--store", &redis.url()]);
    assert!(one.get("/health/ready").starts_with("HTTP/1.1 200"));
    assert!(two.get("/health/ready").starts_with("HTTP/1.1 200"));
    expect_refusal(&redis.url(), &[], 2, "another root secret").await;
    let elsewhere = [("RESTANTE_REDIS__PREFIX", "bad prefix")];
    expect_refusal(&redis.url(), &elsewhere, 2, "prefix").await;
    assert_eq!((one.terminate(), two.terminate()), (Some(0), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mediator_is_not_ready_while_its_redis_is_away_and_lives_on() {
    let mut redis = RedisServer::start(RedisSpec::durable()).await;
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(home.path(), &["--store", &redis.url()]);
    redis.kill().await;
    until("it is not ready", || running.get("/health/ready").starts_with("HTTP/1.1 503")).await;
    assert!(running.get("/health/live").starts_with("HTTP/1.1 200"));
    redis.restart().await;
    until("it is ready", || running.get("/health/ready").starts_with("HTTP/1.1 200")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_which_row_of_the_table_holds() {
    for (spec, row) in [
        (RedisSpec::plain(), "redis, no persistence"),
        (RedisSpec::plain().with("save", "3600 1"), "redis, snapshots alone"),
        (RedisSpec::plain().with("appendonly", "yes"), "appendfsync everysec"),
        (RedisSpec::durable(), "appendfsync always"),
    ] {
        let redis = RedisServer::start(spec).await;
        let home = tempfile::tempdir().unwrap();
        let said = text(&run(home.path(), &["doctor", "--store", &redis.url()]).stdout);
        assert!(said.contains(row), "{row}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_recognises_itself_and_says_what_its_replicas_are_worth() {
    let cluster = RedisCluster::start_with(RedisSpec::durable()).await;
    let home = tempfile::tempdir().unwrap();
    let said = text(&run(home.path(), &["doctor", "--store", &cluster.url()]).stdout);
    assert!(said.contains("a replica that takes over lacks"), "{said}");
    assert!(said.contains("min-replicas-to-write is 0"), "{said}");
    let _running = Running::start(home.path(), &["--store", &cluster.url()]);
    expect_refusal(&format!("{}/1", cluster.url()), &[], 2, "no database but 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_a_user_are_taken_from_the_settings_that_operators_know() {
    let redis = RedisServer::start(RedisSpec::tls_with_acl()).await;
    let access = redis.access().unwrap();
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("password"), &access.password).unwrap();
    let settings = format!(
        "[store]\nurl = 'redis'\n[redis]\nconnection = '{}'\nprefix = 'mail'\n[redis.credentials]\nusername = '{}'\n\
         password_file = 'password'\n[redis.ssl]\ncacerts = '{}'\ncertificate = '{}'\nkey = '{}'\n",
        redis.url(),
        access.username,
        access.ca.display(),
        access.certificate.display(),
        access.key.display(),
    );
    std::fs::write(home.path().join("restante.toml"), settings).unwrap();
    let running = Running::start(home.path(), &[]);
    assert!(running.get("/health/ready").starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_wrong_authority_are_told_apart() {
    let redis = RedisServer::start(RedisSpec::tls_with_acl()).await;
    let access = redis.access().unwrap();
    let ca = access.ca.to_str().unwrap();
    let wrong = [(USER, access.username.as_str()), (PASSWORD, "hunter2"), (CACERTS, ca)];
    expect_refusal(&redis.url(), &wrong, 2, "refuses user and password").await;
    let stranger = [(USER, access.username.as_str()), (PASSWORD, access.password.as_str())];
    expect_refusal(&redis.url(), &stranger, 2, "set ssl.cacerts").await;
    let plain = RedisServer::start(RedisSpec::plain()).await;
    let url = plain.url().replace("redis://", "rediss://");
    expect_refusal(&url, &[], 2, "does not speak TLS").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_server_is_no_cluster() {
    let redis = RedisServer::start(RedisSpec::plain()).await;
    let twice = format!("{},127.0.0.1:{}", redis.url(), redis.port());
    expect_refusal(&twice, &[], 2, "single server").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_would_throw_mail_away_is_refused_and_nothing_is_written() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let spec = RedisSpec::plain().with("maxmemory", "50mb").with("maxmemory-policy", policy);
        let redis = RedisServer::start(spec).await;
        expect_refusal(&redis.url(), &[], 2, "set maxmemory-policy noeviction").await;
        assert_eq!(redis.cli(&["dbsize"]).await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_takes_no_mail() {
    let primary = RedisServer::start(RedisSpec::plain()).await;
    let of = format!("127.0.0.1 {}", primary.port());
    let replica = RedisServer::start(RedisSpec::plain().with("replicaof", &of)).await;
    expect_refusal(&replica.url(), &[], 2, "name its primary").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_is_said_to_be_full() {
    let redis = RedisServer::start(RedisSpec::plain().with("maxmemory", "1")).await;
    expect_refusal(&redis.url(), &[], 1, "raise its maxmemory").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_before_7_is_too_old() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = [0; 4096];
                while let Ok(read @ 1..) = peer.read(&mut heard).await {
                    let _ = peer.write_all(&answers_of_redis_6(&heard[..read])).await;
                }
            });
        }
    });
    expect_refusal(&url, &[], 2, "7.0 or newer is needed").await;
}

/// An answer to each command in there.
fn answers_of_redis_6(commands: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(commands).to_uppercase();
    let mut answers = String::new();
    for command in text.split('*').skip(1) {
        let info = "redis_version:6.2.14\r\nrole:master\r\n";
        answers += &match command {
            command if command.contains("HELLO") => "%1\r\n+proto\r\n:3\r\n".to_owned(),
            command if command.contains("\r\nINFO") => format!("${}\r\n{info}\r\n", info.len()),
            _ => "+OK\r\n".to_owned(),
        };
    }
    answers.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_may_be_there_at_the_next_attempt() {
    expect_refusal("redis://127.0.0.1:1", &[], 1, "is it running").await;
}
