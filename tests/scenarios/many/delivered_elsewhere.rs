//! A message that arrives at one instance reaches the socket on another at once, however the wallet picks up its mail.

use std::time::Duration;

use protocols::pickup::{V2_0, V4_0};
use testkit::{History, Wallet};

use super::engine::{Engine, sender_at};
use super::with_every_engine;
use crate::habits::{kept_promise, send_all};
use crate::ways::{Pickup, Proof, Way};

/// Sessions look for mail by themselves every thirty seconds: what comes sooner was woken.
const AT_ONCE: Duration = Duration::from_secs(5);

const MESSAGES: u32 = 10;

/// The wallet has a socket at the first instance, and mail is sent to it at the second.
async fn gets_each_at_once(engine: Engine, way: Way) {
    let fleet = engine.fleet(2).await;
    let history = History::default();
    let wallet = Wallet::join_at(fleet[0].address(), 1, &history).await;
    let sender = sender_at(fleet[1].address(), &history);
    let mut pickup = Pickup::begin(wallet, way, Proof::Pongs).await;
    for number in 0..MESSAGES {
        send_all(&sender, &pickup.wallet, number..number + 1).await;
        pickup.gets(number).await;
    }
    kept_promise(&history, async {}).await;
    assert_eq!(history.repeated(), []);
    assert!(history.longest_delay() < AT_ONCE, "{:?}", history.delays());
}

pub async fn live_by_pickup_2(engine: Engine) {
    gets_each_at_once(engine, Way::Live(&V2_0)).await;
}

pub async fn live_by_pickup_4(engine: Engine) {
    gets_each_at_once(engine, Way::Live(&V4_0)).await;
}

pub async fn by_implicit_pickup(engine: Engine) {
    gets_each_at_once(engine, Way::Implicit).await;
}

pub async fn by_the_noop_of_pickup_1(engine: Engine) {
    gets_each_at_once(engine, Way::Noop).await;
}

pub async fn by_the_batches_of_pickup_1(engine: Engine) {
    gets_each_at_once(engine, Way::Batches).await;
}

pub async fn by_the_requests_of_pickup_2(engine: Engine) {
    gets_each_at_once(engine, Way::Requests(&V2_0)).await;
}

pub async fn by_the_requests_of_pickup_4(engine: Engine) {
    gets_each_at_once(engine, Way::Requests(&V4_0)).await;
}

with_every_engine!(
    live_by_pickup_2,
    live_by_pickup_4,
    by_implicit_pickup,
    by_the_noop_of_pickup_1,
    by_the_batches_of_pickup_1,
    by_the_requests_of_pickup_2,
    by_the_requests_of_pickup_4,
);
