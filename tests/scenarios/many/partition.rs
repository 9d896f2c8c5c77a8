//! One instance is cut off from the engine, and nobody is told.

use std::net::SocketAddr;
use std::time::Duration;

use testkit::{Fleet, Frame, History, Load, Plan, Proxy, Violation, Weather};
use tokio::time::sleep;

use super::engine::{Engine, joined, sender_at};
use super::with_every_engine;
use crate::habits::{drain, kept_promise, listening, send_all, until};

/// Longer than an instance counts as alive without a sign of life.
const PARTED_FOR: Duration = Duration::from_secs(6);

/// Two instances; the first reaches the engine by way of a proxy.
async fn parted(engine: &Engine, settings: &[&str]) -> (Fleet, Proxy) {
    let store = engine.store();
    let address = address_in(&store);
    let proxy = Proxy::before(address.parse().expect("an address")).await.expect("a proxy");
    let by_proxy = store.replace(&address, &proxy.address().to_string());
    let options = engine.options(settings);
    (Fleet::start_each(vec![options.clone().on(by_proxy), options]).await, proxy)
}

/// `host:port` of a URL.
fn address_in(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

async fn all_traffic_survives_it(engine: Engine) {
    let (fleet, proxy) = parted(&engine, &["mailbox.store_patience=1s"]).await;
    let history = History::default();
    let load = Load::start(&fleet.addresses(), Plan::default(), &history).await;
    load.goes_on_for(100).await;
    proxy.set(Weather::HALF_DEAD);
    sleep(PARTED_FOR).await;
    proxy.set(Weather::FAIR);
    proxy.reset();
    load.goes_on_for(100).await;
    load.settle().await;
    kept_promise(&history, async {}).await;
}

async fn a_wallet_that_goes_elsewhere_has_all_its_mail_there(engine: Engine) {
    let (fleet, proxy) = parted(&engine, &[]).await;
    let (cut_off, well): (SocketAddr, SocketAddr) = (fleet[0].address(), fleet[1].address());
    let history = History::default();
    let wallet = joined(cut_off, 1, &history).await;
    let sender = sender_at(well, &history);
    let stranded = listening(&wallet).await;
    send_all(&sender, &wallet, 0..5).await;
    until("it is live", async || history.missing().is_empty()).await;
    proxy.set(Weather::HALF_DEAD);
    send_all(&sender, &wallet, 5..10).await;
    let elsewhere = std::sync::Arc::new(wallet.by_way_of(well));
    let live = listening(&elsewhere).await;
    until("all is there", async || history.missing().is_empty()).await;
    assert!(history.longest_delay() < Duration::from_secs(5), "{:?}", history.delays());
    proxy.set(Weather::FAIR);
    proxy.reset();
    let end = stranded.await.expect("the older socket is let go");
    assert_eq!(end, Frame::Closed(Some(4001)));
    // It was given nothing of what came after the newer claim. What it acknowledged last may not have been heard.
    let again = history.repeated();
    let is_older = |it: &Violation| matches!(it, Violation::Repeated(parcel) if parcel.number < 5);
    assert!(again.iter().all(is_older), "{again:?}");
    live.abort();
    kept_promise(&history, async { assert_eq!(drain(&elsewhere).await, 0) }).await;
}

with_every_engine!(all_traffic_survives_it, a_wallet_that_goes_elsewhere_has_all_its_mail_there);
