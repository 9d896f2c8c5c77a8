//! The line between one instance and a whole cluster is cut, and nobody is told.
//!
//! No proxy can do that, because the nodes of a cluster name each other's addresses to everybody. It takes a network for the instance,
//! and so the right to make one: where tests run without that, this one says so and shows nothing.

use std::sync::Arc;
use std::time::Duration;

use servers::{Namespace, RedisCluster, RedisSpec};
use testkit::{Fleet, History, Load, Plan, Posted, ServerOptions};
use tokio::time::sleep;

use super::engine::{joined, post, sender_at};
use crate::habits::{drain, kept_promise};

/// Longer than an instance counts as alive without a sign of life.
const PARTED_FOR: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn all_traffic_survives_it() {
    let Some(namespace) = Namespace::open().await.map(Arc::new) else { return not_allowed() };
    let cluster = RedisCluster::start_with(RedisSpec::plain().at(namespace.outside())).await;
    let options = ServerOptions::with(&["mailbox.store_patience=1s"]).on(cluster.url());
    let fleet = Fleet::start_each(vec![options.clone().inside(&namespace), options]).await;
    let (cut_off, well) = (fleet[0].address(), fleet[1].address());
    let history = History::default();
    let wallet = joined(cut_off, 100, &history).await;
    let load = Load::start(&fleet.addresses(), Plan::default(), &history).await;
    load.goes_on_for(100).await;
    namespace.cut();
    assert_eq!(post(&sender_at(cut_off, &history), &wallet, 0).await, Posted::Cut);
    assert_eq!(post(&sender_at(well, &history), &wallet, 0).await, Posted::Accepted);
    sleep(PARTED_FOR).await;
    namespace.mend();
    load.goes_on_for(100).await;
    assert_eq!(drain(&wallet).await, 1);
    load.settle().await;
    kept_promise(&history, async {}).await;
}

fn not_allowed() {
    eprintln!("not tested: making a network namespace is not allowed here");
}
