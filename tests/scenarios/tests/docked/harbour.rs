//! Docks in front, mediators behind.

use std::net::SocketAddr;
use std::sync::Arc;

use servers::{Balancer, RedisServer, RedisSpec, free_port};
use testkit::{Fleet, History, Load, Plan, Server, ServerOptions, StandInDock, Violation, Wallet};

use crate::habits::{drain, until};

/// Mediators that share a store, a load balancer before the doors at which docks call, and docks.
pub struct Harbour {
    pub docks: Vec<StandInDock>,
    pub fleet: Fleet,
    balancer: Balancer,
    _redis: RedisServer,
}

impl Harbour {
    pub async fn of(docks: usize, mediators: usize) -> Self {
        let redis = RedisServer::start(RedisSpec::durable()).await;
        let doors: Vec<_> = (0..mediators).map(|_| any_address()).collect();
        let balancer = Balancer::haproxy_with(|listen| before(listen, &doors)).await;
        let mut moored = Vec::new();
        for _ in 0..docks {
            moored.push(StandInDock::start(balancer.address()).await);
        }
        let options = doors.iter().map(|door| behind(&moored, *door).on(redis.url()));
        let fleet = Fleet::start_each(options.collect()).await;
        Self { docks: moored, fleet, balancer, _redis: redis }
    }

    /// Where wallets dial.
    pub fn places(&self) -> Vec<SocketAddr> {
        self.docks.iter().map(StandInDock::address).collect()
    }

    /// One more dock, at the address of one that is gone.
    pub async fn dock_at(&self, address: SocketAddr) -> StandInDock {
        StandInDock::start_at(address, self.balancer.address()).await
    }

    /// Wallets that are live through the docks, while they are written to through the mediators.
    pub async fn load(&self, plan: Plan, history: &History) -> Load {
        let plan = Plan { docked: true, ..plan };
        let mut wallets = Vec::new();
        for number in 0..plan.wallets {
            let place = self.fleet.addresses()[number as usize % self.fleet.len()];
            wallets.push(Arc::new(Wallet::join_at(place, number, history).await));
        }
        Load::apart(wallets, &self.places(), &self.fleet.addresses(), plan, history).await
    }
}

/// One mediator with a store of its own behind one dock.
pub async fn one_behind_one() -> (StandInDock, Server) {
    let door = any_address();
    let dock = StandInDock::start(door).await;
    let server = Server::start_with(behind(std::slice::from_ref(&dock), door)).await;
    (dock, server)
}

fn behind(docks: &[StandInDock], door: SocketAddr) -> ServerOptions {
    let trusted: Vec<_> = docks.iter().map(StandInDock::endpoint).collect();
    ServerOptions::with(&[
        &format!("docks.listen={door}"),
        &format!("docks.trusted={}", trusted.join(",")),
    ])
}

/// Nobody knows what of the last pushes of the dead has arrived: those come again, and on the same sockets.
pub fn but_for_repetitions(history: &History) -> Vec<Violation> {
    let is_repetition = |violation: &Violation| matches!(violation, Violation::PushedAgain { .. });
    history.violations().into_iter().filter(|violation| !is_repetition(violation)).collect()
}

/// Before mediators that docks call: a callback may be repeated at another mediator, whatever became of it at the first.
pub fn before(listen: SocketAddr, doors: &[SocketAddr]) -> String {
    let servers: String = doors
        .iter()
        .map(|door| format!("    server door-{} {door} check\n", door.port()))
        .collect();
    format!(
        "global
    maxconn 4000
defaults
    mode http
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response response-timeout 502 503
    timeout connect 2s
    timeout client 75s
    timeout server 30s
listen docks
    bind {listen}
    balance roundrobin
    option httpchk GET /health/ready
    default-server inter 200ms fall 1 rise 1
{servers}"
    )
}

pub fn any_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// Fetches what there is, again and again, until nothing is missing: some of it may be in somebody's hands.
pub async fn until_drained(wallet: &Wallet, history: &History) {
    until("all mail is free", async || {
        drain(wallet).await;
        history.missing().is_empty()
    })
    .await;
}
