//! The promises of the traits, kept on a single Redis.

mod fixture;

use servers::{RedisServer, RedisSpec};
use store::conformance::Fixture;

store::conformance!(fixture);

async fn fixture() -> Fixture {
    let spec = RedisSpec::plain().with("appendonly", "yes").with("appendfsync", "always");
    fixture::on(RedisServer::start(spec).await).await
}
