//! Live wallets behind a load balancer that knows nothing of wallets, as `deploy/` has it.

use std::net::SocketAddr;

use servers::Balancer;
use testkit::{Frame, History, Load, Plan};

use super::engine::Engine;
use super::with_every_engine;
use crate::habits::kept_promise;

const HAPROXY: &str = include_str!("../../../deploy/haproxy/haproxy.cfg");
const NGINX: &str = include_str!("../../../deploy/nginx/restante.conf");

/// What an operator is told to change: the addresses, and here also TLS, which is left out.
fn adapted(text: &str, listen: SocketAddr, backends: &[SocketAddr]) -> String {
    let lines = text.lines().map(|line| match line.trim_start() {
        bind if bind.starts_with("bind ") => format!("bind {listen}"),
        listening if listening.starts_with("listen ") => format!("listen {listen};"),
        tls if tls.starts_with("ssl_") => String::new(),
        _ => line
            .replace("10.0.0.11:8080", &backends[0].to_string())
            .replace("10.0.0.12:8080", &backends[1].to_string())
            // Fewer descriptors are allowed here.
            .replace("maxconn 100000", "maxconn 4000"),
    });
    lines.map(|line| line + "\n").collect()
}

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
    let ended = |end: &Frame| !matches!(end, Frame::Heard(_));
    assert!(!settled.ends.is_empty() && settled.ends.iter().all(ended), "{settled:?}");
}

async fn haproxy_from_debian_will_do(engine: Engine) {
    let start = async |backends: &[SocketAddr]| {
        Balancer::haproxy_with(|listen| adapted(HAPROXY, listen, backends)).await
    };
    serves(&engine, start).await;
}

async fn nginx_from_debian_will_do(engine: Engine) {
    let start = async |backends: &[SocketAddr]| {
        Balancer::nginx_with(|listen| adapted(NGINX, listen, backends)).await
    };
    serves(&engine, start).await;
}

with_every_engine!(haproxy_from_debian_will_do, nginx_from_debian_will_do);
