//! The promises of the traits, kept by a Redis Cluster of three primaries and three replicas.

mod fixture;

use std::sync::OnceLock;

use fixture::options;
use servers::{RedisCluster, RedisSpec};
use store::conformance::Fixture;
use tokio::runtime::Runtime;

store::conformance!(on_the_shared_cluster, on_a_cluster_of_its_own);

/// The cluster ends with the process.
static SHARED: OnceLock<RedisCluster> = OnceLock::new();

async fn on_the_shared_cluster() -> Fixture {
    // Its first user's runtime ends before the others are done.
    let start = || {
        let started = std::thread::spawn(|| {
            Runtime::new().expect("a runtime").block_on(RedisCluster::start())
        });
        started.join().expect("the cluster starts")
    };
    let cluster = tokio::task::block_in_place(|| SHARED.get_or_init(start));
    fixture::on((), options(cluster.node())).await
}

async fn on_a_cluster_of_its_own() -> Fixture {
    let cluster = RedisCluster::start_with(RedisSpec::durable()).await;
    let options = options(cluster.node());
    fixture::on(cluster, options).await
}
