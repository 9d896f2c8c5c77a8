//! Docks: what an idle socket costs, and what an echo through a backend does.
//!
//! `--docks`, `--sockets` in all of them, `--clients` that echo, `--seconds`, `--churn` sockets that come and go, `--backend loopback` to have
//! none. Sockets are held by processes of their own, because of the descriptors.

mod backend;
mod echo;
mod holder;
mod sockets;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use self::backend::Backend;
use self::holder::Holder;
use crate::arguments::Arguments;
use crate::process::Measured;

pub use self::holder::hold;

/// How long things may come to rest before memory is read.
const SETTLE: Duration = Duration::from_secs(5);

/// So many sockets come at the same time.
const AT_A_TIME: usize = 64;

/// Everything that the command line asks for.
pub async fn measure(binary: &Path, arguments: &Arguments) {
    let backend = Backend::start().await;
    let mut docks = Vec::new();
    for _ in 0..arguments.of("docks", 1) {
        docks.push(start(binary, &backend, arguments).await);
    }
    let before = resident(&docks);
    println!("{} docks at rest: {before:.1} MB", docks.len());
    let holders = idle(&docks, before, arguments.of("sockets", 19_000)).await;
    echo(&docks[0], arguments).await;
    churn(&docks[0], arguments.of("churn", 0)).await;
    for dock in &docks {
        println!("resident in the end: {:.1} MB", dock.resident());
    }
    drop(holders);
}

async fn start(binary: &Path, backend: &Backend, arguments: &Arguments) -> Measured {
    let private = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr());
    let kind = arguments.text("backend").unwrap_or("http");
    let more = [vec![format!("dock.backend={kind}")], arguments.all("set")].concat();
    start_before(binary, &backend.url(), private.expect("a port"), &more).await
}

/// A dock that calls back below this URL and has its private side there, with more settings.
pub async fn start_before(
    binary: &Path,
    url: &str,
    private: SocketAddr,
    more: &[String],
) -> Measured {
    let settings = [
        "dock.backend=http".to_owned(),
        format!("dock.private_listen={private}"),
        format!("dock.connect_uri={url}/connect"),
        format!("dock.message_uri={url}/message"),
        format!("dock.disconnect_uri={url}/disconnect"),
    ];
    let settings = settings.iter().chain(more);
    let words = settings.flat_map(|setting| ["--set".to_owned(), setting.clone()]);
    let words: Vec<String> = words.chain(no_limits()).collect();
    Measured::start_as(binary, "dock", &words).await
}

/// All sockets come from a few addresses of this machine.
pub fn no_limits() -> Vec<String> {
    let limits = ["connections", "connections_per_address", "sockets", "sockets_per_address"];
    let settings = limits.map(|limit| format!("transport.{limit}=100000"));
    settings.into_iter().flat_map(|setting| ["--set".to_owned(), setting]).collect()
}

fn resident(docks: &[Measured]) -> f64 {
    docks.iter().map(Measured::resident).sum()
}

async fn idle(docks: &[Measured], before: f64, sockets: usize) -> Vec<Holder> {
    let cpu: f64 = docks.iter().map(Measured::cpu).sum();
    let fill =
        |(nth, dock): (usize, &Measured)| Holder::fill(nth, dock.address(), sockets / docks.len());
    let shares = docks.iter().enumerate().map(fill);
    let holders: Vec<Holder> = join_all(shares).await.into_iter().flatten().collect();
    let used = docks.iter().map(Measured::cpu).sum::<f64>() - cpu;
    sleep(SETTLE).await;
    let sockets: usize = holders.iter().map(|holder| holder.held).sum();
    let (now, count) = (resident(docks), sockets as f64);
    println!(
        "{sockets} idle sockets: {now:.1} MB, {:.0} bytes each; {:.2} CPU ms a connect",
        (now - before) * 1e6 / count,
        used * 1e3 / count
    );
    let cpu: f64 = docks.iter().map(Measured::cpu).sum();
    sleep(SETTLE * 5).await;
    let used = docks.iter().map(Measured::cpu).sum::<f64>() - cpu;
    println!("held for 25 s: {used:.2} CPU s, {:.1} MB", resident(docks));
    holders
}

async fn echo(dock: &Measured, arguments: &Arguments) {
    let clients = arguments.of("clients", 32);
    let span = Duration::from_secs(arguments.of("seconds", 8));
    echo::round_trips(dock.address(), clients, Duration::from_secs(1)).await;
    let cpu = dock.cpu();
    let mut took = echo::round_trips(dock.address(), clients, span).await;
    let used = dock.cpu() - cpu;
    took.sort_unstable();
    let at = |share: f64| {
        let place = ((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1));
        took.get(place).map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
    };
    println!(
        "echo, {clients} clients: {:.0} round trips/s, p50 {:.2} p90 {:.2} p99 {:.2} ms, {:.4} CPU s per 1,000",
        took.len() as f64 / span.as_secs_f64(),
        at(0.5),
        at(0.9),
        at(0.99),
        used / took.len() as f64 * 1e3
    );
}

/// Sockets that come, say something and go, in ten parts: memory has to stay where it is.
async fn churn(dock: &Measured, sockets: usize) {
    if sockets == 0 {
        return;
    }
    for part in 1..=10 {
        let began = Instant::now();
        sockets::come_and_go(dock.address(), sockets / 10, AT_A_TIME).await;
        let rate = sockets as f64 / 10.0 / began.elapsed().as_secs_f64();
        sleep(Duration::from_secs(1)).await;
        let came = part * sockets / 10;
        println!("{came} sockets came and went: {:.1} MB, {rate:.0}/s", dock.resident());
    }
}

/// An address of this machine to dial from: each has ports of its own, and finding a free one takes long when many are taken.
fn source(number: usize) -> SocketAddr {
    let [high, low] = u16::try_from(number / 2_000 + 1).unwrap_or(1).to_be_bytes();
    SocketAddr::from(([127, 77, high, low], 0))
}
