//! A live wallet behind a load balancer that knows nothing of wallets.

use std::net::SocketAddr;

use servers::Balancer;
use testkit::{Frame, History, Load, Plan};

use super::engine::Engine;
use super::with_every_engine;
use crate::habits::kept_promise;

/// Wallets and senders know only the load balancer. One of its two instances dies on the way.
async fn serves(engine: &Engine, start: impl AsyncFn(&[SocketAddr]) -> Balancer) {
    let mut fleet = engine.fleet(2).await;
    let balancer = start(&fleet.addresses()).await;
    let history = History::default();
    let load = Load::start(&[balancer.address()], Plan::default(), &history).await;
    load.goes_on_for(100).await;
    fleet[0].kill();
    load.goes_on_for(100).await;
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    let open = |end: &Frame| !matches!(end, Frame::Heard(_));
    assert!(!settled.ends.is_empty() && settled.ends.iter().all(open), "{settled:?}");
}

async fn haproxy_from_debian_will_do(engine: Engine) {
    serves(&engine, async |backends| Balancer::haproxy(backends).await).await;
}

async fn nginx_from_debian_will_do(engine: Engine) {
    serves(&engine, async |backends| Balancer::nginx(backends).await).await;
}

with_every_engine!(haproxy_from_debian_will_do, nginx_from_debian_will_do);
