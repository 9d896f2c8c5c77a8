//! Servers that cannot be used, and what is said about them.

use std::sync::Arc;

use servers::{RedisCluster, RedisServer, RedisSpec};
use store::Timestamp;
use store::conformance::ManualClock;
use store_redis::{ConnectError, Credentials, Options, RedisStore, Ssl};

async fn refused(options: Options) -> ConnectError {
    let clock = Arc::new(ManualClock::at(Timestamp(1)));
    match RedisStore::connect(options, clock).await {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    }
}

/// Nobody has written anything there.
async fn is_untouched(server: &RedisServer) {
    assert_eq!(server.cli(&["DBSIZE"]).await, "0", "{}", server.cli(&["KEYS", "*"]).await);
}

fn with_access(server: &RedisServer) -> Options {
    let access = server.access().expect("a guarded server");
    let credentials = Credentials {
        username: Some(access.username.clone()),
        password: access.password.clone().into(),
    };
    let ssl = Ssl { cacerts: Some(access.ca.clone()), ..Ssl::default() };
    Options { credentials: Some(credentials), ssl, ..Options::new(server.url()) }
}

#[tokio::test]
async fn nobody_there() {
    let error = refused(Options::new(format!("redis://127.0.0.1:{}", servers::free_port()))).await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_wrong_password_and_none() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    server.cli(&["CONFIG", "SET", "requirepass", "right"]).await;
    for url in [server.url(), server.url().replace("://", "://:wrong@")] {
        let error = refused(Options::new(url)).await;
        assert!(matches!(error, ConnectError::WrongPassword { .. }), "{error:?}");
        assert!(!error.to_string().contains("://:wrong@"), "{error}");
    }
    assert_eq!(server.cli(&["--no-auth-warning", "-a", "right", "DBSIZE"]).await, "0");
}

#[tokio::test]
async fn an_authority_that_is_not_named_and_a_wrong_one() {
    let server = RedisServer::start(RedisSpec::tls_with_acl()).await;
    let other = RedisServer::start(RedisSpec::tls_with_acl()).await;
    let unnamed = Options { ssl: Ssl::default(), ..with_access(&server) };
    let wrong = Options { ssl: with_access(&other).ssl, ..with_access(&server) };
    for options in [unnamed, wrong] {
        let error = refused(options).await;
        assert!(matches!(error, ConnectError::WrongAuthority { .. }), "{error:?}");
    }
    is_untouched(&server).await;
}

#[tokio::test]
async fn a_plain_server_where_tls_was_named_and_the_reverse() {
    let plain = RedisServer::start(RedisSpec::plain()).await;
    let error = refused(Options::new(plain.url().replace("redis://", "rediss://"))).await;
    assert!(matches!(error, ConnectError::NotTls { .. }), "{error:?}");
    is_untouched(&plain).await;
    let tls = RedisServer::start(RedisSpec::tls_with_acl()).await;
    let error = refused(Options::new(tls.url().replace("rediss://", "redis://"))).await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("rediss://"), "{error}");
    is_untouched(&tls).await;
}

#[tokio::test]
async fn a_single_server_where_a_cluster_was_named() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    for url in [format!("{}?cluster=true", server.url()), format!("{},localhost:1", server.url())] {
        let error = refused(Options::new(url)).await;
        assert!(matches!(error, ConnectError::NotCluster { .. }), "{error:?}");
    }
    is_untouched(&server).await;
}

#[tokio::test]
async fn a_database_of_a_cluster() {
    let cluster = RedisCluster::start().await;
    let error = refused(Options::new(format!("{}/1", cluster.url()))).await;
    assert!(matches!(error, ConnectError::DatabaseOfCluster { .. }), "{error:?}");
    for node in cluster.nodes() {
        is_untouched(node).await;
    }
}

#[tokio::test]
async fn a_server_that_throws_keys_away() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let spec = RedisSpec::plain().with("maxmemory-policy", policy);
        let server = RedisServer::start(spec).await;
        let error = refused(Options::new(server.url())).await;
        assert!(matches!(error, ConnectError::Evicts { .. }), "{error:?}");
        is_untouched(&server).await;
    }
}

#[tokio::test]
async fn a_cluster_of_which_one_primary_throws_keys_away() {
    let cluster = RedisCluster::start().await;
    let mut primaries = Vec::new();
    for node in cluster.nodes() {
        if node.cli(&["ROLE"]).await.starts_with("master") {
            primaries.push(node);
        }
    }
    for node in primaries {
        node.cli(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
        let error = refused(Options::new(cluster.url())).await;
        assert!(matches!(error, ConnectError::Evicts { .. }), "{error:?}");
        assert!(error.to_string().contains(&node.port().to_string()), "{error}");
        is_untouched(node).await;
        node.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await;
    }
}

#[tokio::test]
async fn a_replica() {
    let primary = RedisServer::start(RedisSpec::plain()).await;
    let of = format!("127.0.0.1 {}", primary.port());
    let replica = RedisServer::start(RedisSpec::plain().with("replicaof", &of)).await;
    let error = refused(Options::new(replica.url())).await;
    assert!(matches!(error, ConnectError::ReadOnly { .. }), "{error:?}");
    is_untouched(&primary).await;
}

#[tokio::test]
async fn a_user_without_rights_and_one_with_just_those_that_are_named() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    let options = |user: &str| Options::new(server.url().replace("://", &format!("://{user}:p@")));
    for (user, rights) in [
        ("commands", &["~restante:*", "&restante:*", "+@read", "+info"][..]),
        ("keys", &["~other:*", "&restante:*", "+@all"]),
        ("channels", &["~restante:*", "&other:*", "+@all"]),
        ("info", &["~restante:*", "&restante:*", "+@all", "-info"]),
    ] {
        server.cli(&[&["ACL", "SETUSER", user, "on", ">p"], rights].concat()).await;
        let error = refused(options(user)).await;
        assert!(matches!(error, ConnectError::Forbidden { .. }), "{user}: {error:?}");
    }
    is_untouched(&server).await;
    let forbidden = refused(options("keys")).await.to_string();
    let named: Vec<&str> =
        forbidden.split("grant it ").nth(1).expect("rights").split(' ').collect();
    server.cli(&[&["ACL", "SETUSER", "right", "on", ">p"], &named[..]].concat()).await;
    let clock = Arc::new(ManualClock::at(Timestamp(1)));
    let store = RedisStore::connect(options("right"), clock).await;
    assert!(store.is_ok(), "{:?}", store.err());
}
