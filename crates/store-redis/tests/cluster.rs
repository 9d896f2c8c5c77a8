//! The promises of the traits, kept by a Redis Cluster of three primaries and three replicas.

mod fixture;

use std::sync::OnceLock;

use fixture::options;
use servers::{RedisCluster, RedisSpec};
use store::conformance::Fixture;

store::conformance!(together on_the_shared_cluster, on_a_cluster_of_its_own);

/// The cluster ends with the process.
static SHARED: OnceLock<RedisCluster> = OnceLock::new();

async fn on_the_shared_cluster() -> Fixture {
    let cluster = fixture::shared(&SHARED, RedisCluster::start);
    fixture::on((), options(cluster.node())).await
}

async fn on_a_cluster_of_its_own() -> Fixture {
    let cluster = RedisCluster::start_with(RedisSpec::durable()).await;
    let options = options(cluster.node());
    fixture::on(cluster, options).await
}
