//! Docks of ours that sign what they tell, before mediators that show the docks' key: whatever dies, wallets keep their mail.

use std::sync::Arc;
use std::time::Duration;

use servers::{Balancer, RedisServer, RedisSpec};
use testkit::{Fleet, History, Load, Plan, Server, ServerOptions, Wallet};
use tokio::time::sleep;

use crate::habits::kept_promise;
use crate::harbour::{any_address, before, but_for_repetitions};

const KEY: &str = "a-key-of-docks-that-nobody-guesses";
const BEARER: &str = "a-key-of-mediators-that-nobody-guesses";

/// A second is for the wallets to come back.
const GOES_ON_WITHIN: Duration = Duration::from_secs(5 + 1);

struct Pier {
    docks: Vec<Server>,
    mediators: Fleet,
    redis: RedisServer,
    _balancer: Balancer,
}

impl Pier {
    async fn build() -> Self {
        let redis = RedisServer::start(RedisSpec::durable()).await;
        let doors = [any_address(), any_address()];
        let balancer = Balancer::haproxy_with(|listen| before(listen, &doors)).await;
        let behind = doors.map(|door| {
            ServerOptions::with(&[&format!("docks.listen={door}")])
                .variable("RESTANTE_DOCKS__KEYS", KEY)
                .variable("RESTANTE_DOCKS__BEARER", BEARER)
                .on(redis.url())
        });
        let mediators = Fleet::start_each(behind.to_vec()).await;
        let uri = |what: &str| format!("dock.{what}_uri=http://{}/dock/{what}", balancer.address());
        let uris = [uri("connect"), uri("message"), uri("disconnect")];
        let mut docks = Vec::new();
        for _ in 0..2 {
            let [connect, message, disconnect] = &uris;
            let options = ServerOptions::dock(&["dock.backend=http", connect, message, disconnect])
                .variable("RESTANTE_DOCK__KEYS", KEY)
                .variable("RESTANTE_DOCK__BEARER", BEARER);
            docks.push(Server::start_with(options).await);
        }
        Self { docks, mediators, redis, _balancer: balancer }
    }

    async fn load(&self, history: &History) -> Load {
        let plan = Plan { docked: true, ..Plan::default() };
        let addresses = self.mediators.addresses();
        let mut wallets = Vec::new();
        for number in 0..plan.wallets {
            let place = addresses[number as usize % addresses.len()];
            wallets.push(Arc::new(Wallet::join_at(place, number, history).await));
        }
        let docks: Vec<_> = self.docks.iter().map(Server::address).collect();
        Load::apart(wallets, &docks, &addresses, plan, history).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mediators_are_replaced_and_killed_and_no_socket_closes() {
    let mut pier = Pier::build().await;
    let history = History::default();
    let load = pier.load(&history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        pier.mediators[place].terminate();
        assert_eq!(pier.mediators[place].ended().await, Some(0));
        pier.mediators[place].start_again().await;
        load.goes_on_for(100).await;
        pier.mediators[place].kill();
        load.goes_on_for(300).await;
        pier.mediators[place].start_again().await;
    }
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_of_a_dock_that_is_killed_go_on_at_the_other() {
    let mut pier = Pier::build().await;
    let history = History::default();
    let load = pier.load(&history).await;
    for place in [0, 1] {
        load.goes_on_for(100).await;
        pier.docks[place].kill();
        load.goes_on_for(300).await;
        pier.docks[place].start_again().await;
    }
    let settled = load.settle().await;
    kept_promise(&history, async {}).await;
    assert!(!settled.ends.is_empty(), "some wallets were at it");
    assert!(settled.longest_gap() < GOES_ON_WITHIN, "{settled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_killed_and_comes_back_costs_nothing() {
    let mut pier = Pier::build().await;
    let history = History::default();
    let load = pier.load(&history).await;
    load.goes_on_for(100).await;
    pier.redis.kill().await;
    sleep(Duration::from_secs(3)).await;
    pier.redis.restart().await;
    load.goes_on_for(300).await;
    let settled = load.settle().await;
    assert_eq!(settled.ends, [], "sockets stay open");
    assert_eq!(but_for_repetitions(&history), [], "{}", history.story());
}
