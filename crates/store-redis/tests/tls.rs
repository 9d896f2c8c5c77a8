//! The promises of the traits, kept by a Redis with TLS and an ACL.

mod fixture;

use std::sync::OnceLock;

use fixture::options;
use servers::{RedisServer, RedisSpec};
use store::conformance::Fixture;

store::conformance!(together on_the_shared_server, on_a_server_of_its_own);

/// The server ends with the process.
static SHARED: OnceLock<RedisServer> = OnceLock::new();

async fn on_the_shared_server() -> Fixture {
    let server = fixture::shared(&SHARED, start);
    fixture::on((), options(server)).await
}

async fn on_a_server_of_its_own() -> Fixture {
    let server = start().await;
    let options = options(&server);
    fixture::on(server, options).await
}

async fn start() -> RedisServer {
    RedisServer::start(
        RedisSpec::tls_with_acl().with("appendonly", "yes").with("appendfsync", "always"),
    )
    .await
}
