//! The promises of the traits, kept by a single Redis.

mod fixture;

use fixture::options;
use servers::{RedisServer, RedisSpec};
use store::conformance::Fixture;

store::conformance!(fixture);

async fn fixture() -> Fixture {
    let server = RedisServer::start(RedisSpec::durable()).await;
    let options = options(&server);
    fixture::on(server, options).await
}
