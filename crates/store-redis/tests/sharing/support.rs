use std::sync::Arc;
use std::time::Duration;

use servers::{RedisServer, RedisSpec};
use store::{Clock, Timestamp};
use store_redis::{Options, RedisStore};
use tokio::time::Instant;

/// A clock that goes on by itself.
struct Going(Instant);

impl Clock for Going {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000) + self.0.elapsed()
    }
}

pub async fn server() -> RedisServer {
    RedisServer::start(RedisSpec::durable()).await
}

/// An instance that reaches its Redis at this URL.
pub async fn instance(url: &str) -> Arc<RedisStore> {
    let clock = Arc::new(Going(Instant::now()));
    RedisStore::connect(Options::new(url), clock).await.expect("the server is there")
}

/// Waits until it is so.
pub async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it comes to be so");
}
