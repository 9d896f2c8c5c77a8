//! The promises of the traits, kept on a Redis with TLS and an ACL.

mod fixture;

use servers::{RedisServer, RedisSpec};
use store::conformance::Fixture;

store::conformance!(fixture);

async fn fixture() -> Fixture {
    let spec = RedisSpec::tls_with_acl().with("appendonly", "yes").with("appendfsync", "always");
    fixture::on(RedisServer::start(spec).await).await
}
