//! More callers than connections.

use std::time::Duration;

use futures_util::future::join_all;
use servers::{RedisServer, RedisSpec};
use store::{Mailbox, StoreError};
use store_redis::Options;
use tokio::time::Instant;

use crate::party::{ALICE, Party};

/// More than one connection takes at a time.
const CALLERS: usize = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn callers_wait_their_turn_for_one_connection_and_fail_when_it_does_not_come() {
    let server = RedisServer::start(RedisSpec::plain()).await;
    let options = Options { max_connections: 1, ..Options::new(server.url()) };
    let party = Party::on(options).await;
    let answers = join_all((0..CALLERS).map(|_| party.here.depth(ALICE, None))).await;
    let failed: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed, []);
    // Two stores, each with one for calls and two that listen; and the one that asks.
    let connections = server.cli(&["CLIENT", "LIST"]).await.lines().count();
    assert!(connections <= 2 * 3 + 1, "{connections} connections");
    server.pause();
    let began = Instant::now();
    let answers = join_all((0..CALLERS).map(|_| party.here.depth(ALICE, None))).await;
    server.resume();
    assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Unavailable(_)))));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
