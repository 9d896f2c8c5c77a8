//! Wallets through docks before one mediator: `--docks`, `--wallets` in all, `--ping-from` to `--ping-to` seconds between two pings of a
//! wallet, `--rate` messages a second, `--seconds`. With `--store` docks and mediator have nothing but that between them.
//!
//! The wallets are in processes of their own, because of the descriptors.

mod crew;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use self::crew::Crew;
use crate::arguments::Arguments;
use crate::dock;
use crate::process::Measured;

pub use self::crew::work;

/// Descriptors of one process are few.
const MOST: usize = 12_000;

/// Everything that the command line asks for.
pub async fn measure(binary: &Path, arguments: &Arguments) {
    let docks = arguments.of("docks", 2_usize);
    let harbour = match arguments.text("store") {
        Some(store) => Harbour::native(binary, docks, store).await,
        None => Harbour::by_callbacks(binary, docks).await,
    };
    harbour.report("at rest");
    let wallets = arguments.of("wallets", 12_500_usize);
    let crews = crews(&harbour, wallets, arguments).await;
    sleep(Duration::from_secs(5)).await;
    harbour.report(&format!("{wallets} wallets are live"));
    let (span, used) = (arguments.of("seconds", 120_u64), harbour.cpu());
    let running = crews.into_iter().map(Crew::run);
    for said in futures_util::future::join_all(running).await {
        println!("{said}");
    }
    let share = (harbour.cpu() - used) / span as f64 * 100.0;
    harbour.report(&format!("after {span} s, {share:.1} % of a core in all"));
}

/// One mediator and docks.
struct Harbour {
    mediator: Measured,
    docks: Vec<Measured>,
}

impl Harbour {
    async fn by_callbacks(binary: &Path, count: usize) -> Self {
        let door = free_address();
        let mut docks = Vec::new();
        let mut endpoints = Vec::new();
        for _ in 0..count {
            let private = free_address();
            endpoints.push(format!("http://{private}"));
            let url = format!("http://{door}/dock");
            docks.push(dock::start_before(binary, &url, private, &[]).await);
        }
        let words = ["--docks-listen", &door.to_string(), "--docks-trusted", &endpoints.join(",")];
        let words: Vec<String> = words.map(str::to_owned).to_vec();
        Self { mediator: Measured::start_with(binary, &words).await, docks }
    }

    async fn native(binary: &Path, count: usize, store: &str) -> Self {
        let words = ["--store", store, "--core"].map(str::to_owned);
        let mediator = Measured::start_with(binary, &words).await;
        let mut docks = Vec::new();
        for _ in 0..count {
            let words = [dock::no_limits(), vec!["--store".to_owned(), store.to_owned()]].concat();
            docks.push(Measured::start_as(binary, "dock", &words).await);
        }
        Self { mediator, docks }
    }

    fn cpu(&self) -> f64 {
        self.mediator.cpu() + self.docks.iter().map(Measured::cpu).sum::<f64>()
    }

    fn report(&self, when: &str) {
        let docks =
            self.docks.iter().map(|dock| format!("{:.1} MB {:.2} s", dock.resident(), dock.cpu()));
        println!(
            "{when}: mediator {:.1} MB {:.2} CPU s; docks {}",
            self.mediator.resident(),
            self.mediator.cpu(),
            docks.collect::<Vec<_>>().join(", ")
        );
    }
}

/// The wallets of each dock, in as many processes as it takes; live.
async fn crews(harbour: &Harbour, wallets: usize, arguments: &Arguments) -> Vec<Crew> {
    let each = wallets / harbour.docks.len();
    let parts = each.div_ceil(MOST).max(1);
    let rate = arguments.of("rate", 500.0) / (harbour.docks.len() * parts) as f64;
    let mut starting = Vec::new();
    for (place, dock) in harbour.docks.iter().enumerate() {
        for part in 0..parts {
            let words = [
                ("mediator", harbour.mediator.address().to_string()),
                ("dock", dock.address().to_string()),
                ("wallets", (each / parts).to_string()),
                ("first", ((place * parts + part) * MOST).to_string()),
                ("rate", rate.to_string()),
                ("seconds", arguments.of("seconds", 120_u64).to_string()),
                ("ping-from", arguments.of("ping-from", 60_u64).to_string()),
                ("ping-to", arguments.of("ping-to", 120_u64).to_string()),
            ];
            starting
                .push(Crew::start(words.map(|(name, value)| (name.to_owned(), value)).to_vec()));
        }
    }
    futures_util::future::join_all(starting).await
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port")
}
