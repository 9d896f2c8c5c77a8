//! Two engines for one mediator, and a place to wait for one that is away.

use servers::{Postgres, RedisServer, RedisSpec};

use crate::running::{Running, ask, free_address, until};

#[tokio::test(flavor = "multi_thread")]
async fn mail_lives_in_redis_and_keylists_in_postgres() {
    let database = Postgres::shared().await.database().await;
    let redis = RedisServer::start(RedisSpec::durable()).await;
    both_are_asked(&redis.url(), &database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_lives_in_postgres_and_keylists_in_redis() {
    let database = Postgres::shared().await.database().await;
    let redis = RedisServer::start(RedisSpec::durable()).await;
    both_are_asked(&database, &redis.url()).await;
}

async fn both_are_asked(mail: &str, keylists: &str) {
    let home = tempfile::tempdir().expect("a directory");
    let admin = free_address();
    let args = ["--store", mail, "--keylist-store", keylists, "--admin-listen", &admin];
    let _running = Running::start(home.path(), &args);
    let metrics = ask(&admin, "GET /metrics");
    for keeps in ["mail", "keylists"] {
        let up = format!("restante_store_up{{keeps=\"{keeps}\"}} 1");
        assert!(metrics.contains(&up), "{up}: {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mediator_with_a_spool_stays_ready_while_its_store_is_away() {
    let mut redis = RedisServer::start(RedisSpec::durable()).await;
    let home = tempfile::tempdir().unwrap();
    let admin = free_address();
    let spool = "spool.directory=spool";
    let args = ["--store", &redis.url(), "--admin-listen", &admin, "--set", spool];
    let running = Running::start(home.path(), &args);
    redis.kill().await;
    let down = "restante_store_up{keeps=\"mail\"} 0";
    until("the store is missed", || ask(&admin, "GET /metrics").contains(down)).await;
    assert!(running.get("/health/ready").starts_with("HTTP/1.1 200"));
    assert!(ask(&admin, "GET /metrics").contains("restante_spooled 0"));
    assert!(home.path().join("spool").is_dir());
    assert_eq!(running.terminate(), Some(0));
}
