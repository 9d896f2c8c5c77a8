//! The promises of the traits, kept by a Redis with TLS and an ACL.

mod fixture;

use fixture::options;
use servers::{RedisServer, RedisSpec};
use store::conformance::Fixture;

store::conformance!(fixture);

async fn fixture() -> Fixture {
    let spec = RedisSpec::tls_with_acl().with("appendonly", "yes").with("appendfsync", "always");
    let server = RedisServer::start(spec).await;
    let options = options(&server);
    fixture::on(server, options).await
}
