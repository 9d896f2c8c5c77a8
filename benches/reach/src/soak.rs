//! The same load for a long time: whether latency, memory and disk stay what they are in the first minutes.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use testkit::{Posted, Wallet};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::arguments::Arguments;
use crate::deployment::Deployment;
use crate::live::{self, Latencies, Pace};
use crate::load;

/// What senders share.
struct Load<'a> {
    deployment: &'a Deployment,
    wallets: Vec<Arc<Wallet>>,
    latencies: Latencies,
    pace: Pace,
    refused: Arc<AtomicUsize>,
}

/// `--wallets`, `--rate` messages a second, `--minutes`. A line for each minute. Forwards are sealed as they are sent.
pub async fn measure(deployment: &Deployment, arguments: &Arguments) {
    let wallets = live::join_all(deployment, arguments.of("wallets", 200)).await;
    let sockets = live::open_all(deployment, &wallets).await;
    let rate = arguments.of("rate", 1_000_u32);
    let (minutes, a_minute) = (arguments.of("minutes", 30_usize), rate as usize * 60);
    let load = Load {
        deployment,
        latencies: live::none_arrived(minutes * a_minute),
        pace: Pace { start: Instant::now() + Duration::from_secs(1), rate },
        refused: Arc::default(),
        wallets: wallets.into_iter().map(Arc::new).collect(),
    };
    let readers: Vec<_> = sockets
        .into_iter()
        .zip(&load.wallets)
        .map(|(socket, wallet)| {
            live::read(socket, wallet.agent().clone(), load.latencies.clone(), load.pace)
        })
        .collect();
    let before = deployment.used();
    for minute in 0..minutes {
        load.run(minute * a_minute..(minute + 1) * a_minute).await;
    }
    live::until_all_arrived(&load.latencies).await;
    readers.iter().for_each(JoinHandle::abort);
    let refused = load.refused.load(Ordering::Relaxed);
    live::report(&load.latencies, refused, deployment.used() - before);
}

impl Load<'_> {
    /// Sends these, and says how it went. What is still on its way counts in the end only.
    async fn run(&self, numbers: Range<usize>) {
        let before = self.deployment.used();
        for number in numbers.clone() {
            sleep_until(self.pace.due(number)).await;
            self.send(number);
        }
        let used = self.deployment.used() - before;
        let minute = numbers.end / numbers.len();
        print!("minute {minute:3}: {:6.1} MB, ", self.deployment.resident());
        print!("{:7.1} MB on disk; ", self.deployment.on_disk());
        live::report(&self.latencies[numbers], self.refused.load(Ordering::Relaxed), used);
    }

    fn send(&self, number: usize) {
        let to = number % self.wallets.len();
        let (wallet, address) = (self.wallets[to].clone(), self.deployment.address(to + 1));
        let refused = self.refused.clone();
        tokio::spawn(async move {
            let forward = load::sealed_one(wallet.agent(), number as u32);
            if wallet.by_way_of(address).post(&forward).await != Posted::Accepted {
                refused.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}
