//! Live delivery at a fixed rate: every wallet holds a socket to one instance, every message is posted to another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use protocols::{client, pickup};
use testkit::{Agent, Frame, Heard, Parcel, Posted, Socket, Wallet, Words};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::arguments::Arguments;
use crate::deployment::{Deployment, Used};
use crate::load;

/// Microseconds from the moment a message was meant to be posted to its arrival; 0 until it arrived.
pub type Latencies = Arc<Vec<AtomicU64>>;

/// Messages of the first second, which are not counted.
const WARM_UP: Duration = Duration::from_secs(2);

/// Wallets that join, and sockets that open, at once.
const AT_A_TIME: usize = 16;

/// How long the last messages may take.
const TAIL: Duration = Duration::from_secs(5);

/// `--wallets`, `--rate` messages a second, `--seconds`.
pub async fn measure(deployment: &Deployment, arguments: &Arguments) {
    let wallets = arguments.of("wallets", 200_u32);
    let rate = arguments.of("rate", 500_u32);
    let count = (rate * (arguments.of("seconds", 10) + WARM_UP.as_secs() as u32)) as usize;
    let wallets = join_all(deployment, wallets).await;
    let forwards: Arc<Vec<(usize, Bytes)>> = Arc::new(sealed(&wallets, count));

    let latencies = none_arrived(count);
    let sockets = open_all(deployment, &wallets).await;
    let start = Instant::now() + Duration::from_secs(1);
    let pace = Pace { start, rate };
    let readers: Vec<_> = sockets
        .into_iter()
        .zip(&wallets)
        .map(|(socket, wallet)| read(socket, wallet.agent().clone(), latencies.clone(), pace))
        .collect();
    let skipped = (rate as u64 * WARM_UP.as_secs()) as usize;
    let mut before = deployment.used();
    let mut posts = Vec::new();
    for number in 0..count {
        sleep_until(pace.due(number)).await;
        if number == skipped {
            before = deployment.used();
        }
        let (to, _) = forwards[number];
        let sender = wallets[to].by_way_of(deployment.address(to + 1));
        let forwards = forwards.clone();
        posts.push(tokio::spawn(async move { sender.post(&forwards[number].1).await }));
    }
    let mut refused = 0;
    for post in posts {
        refused += usize::from(post.await.expect("a sender") != Posted::Accepted);
    }
    until_all_arrived(&latencies).await;
    let used = deployment.used() - before;
    readers.iter().for_each(JoinHandle::abort);
    report(&latencies[skipped..], refused, used);
}

/// None of `count` messages has arrived.
pub fn none_arrived(count: usize) -> Latencies {
    Arc::new((0..count).map(|_| AtomicU64::new(0)).collect())
}

/// Waits for the last ones, not for ever.
pub async fn until_all_arrived(latencies: &Latencies) {
    let waited = Instant::now();
    while latencies.iter().any(|latency| latency.load(Ordering::Relaxed) == 0)
        && waited.elapsed() < TAIL
    {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Says how these went.
pub fn report(latencies: &[AtomicU64], refused: usize, used: Used) {
    let mut arrived: Vec<u64> = latencies.iter().map(|one| one.load(Ordering::Relaxed)).collect();
    let missing = arrived.iter().filter(|one| **one == 0).count();
    arrived.retain(|one| *one > 0);
    arrived.sort_unstable();
    let at = |share: f64| {
        let place = ((arrived.len() as f64 * share) as usize).min(arrived.len().saturating_sub(1));
        arrived.get(place).map_or(f64::NAN, |one| *one as f64 / 1e3)
    };
    let each = |seconds: f64| seconds / latencies.len() as f64 * 1e6;
    println!(
        "{} live: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms; {missing} missing, {refused} refused; \
         CPU per message {:.0} µs mediators, {:.0} µs engine",
        latencies.len(),
        at(0.5),
        at(0.99),
        at(1.0),
        each(used.mediators),
        each(used.engine)
    );
}

/// When each message is to be posted.
#[derive(Clone, Copy)]
pub struct Pace {
    pub start: Instant,
    pub rate: u32,
}

impl Pace {
    /// When this one is.
    pub fn due(&self, number: usize) -> Instant {
        self.start + Duration::from_secs_f64(number as f64 / f64::from(self.rate))
    }
}

/// Connected, mediated wallets, each through another instance than the last.
pub async fn join_all(deployment: &Deployment, count: u32) -> Vec<Wallet> {
    let http = load::client();
    let joining = stream::iter(0..count)
        .map(|number| load::wallet_over(http.clone(), deployment.address(number as usize), number));
    joining.buffered(AT_A_TIME).collect().await
}

/// A live socket of each wallet, in turn with each instance.
pub async fn open_all(deployment: &Deployment, wallets: &[Wallet]) -> Vec<Socket> {
    let opening = wallets.iter().enumerate().map(|(turn, wallet)| async move {
        go_live(&wallet.by_way_of(deployment.address(turn))).await
    });
    stream::iter(opening).buffered(AT_A_TIME).collect().await
}

fn sealed(wallets: &[Wallet], count: usize) -> Vec<(usize, Bytes)> {
    let of = |number: usize| {
        let to = number % wallets.len();
        (to, load::sealed_one(wallets[to].agent(), number as u32))
    };
    (0..count).map(of).collect()
}

/// A socket in live mode of pickup 2.0.
pub async fn go_live(wallet: &Wallet) -> Socket {
    let mut socket = wallet.dial().await;
    let words = client::live_delivery_change(&pickup::V2_0, &wallet.agent().id(), true);
    let status = socket.ask(&words).await;
    assert!(matches!(status, Words::Status { live: true, .. }), "not live: {status:?}");
    socket
}

/// Notes when each message arrives, and acknowledges it.
pub fn read(
    mut socket: Socket,
    agent: Arc<Agent>,
    latencies: Latencies,
    pace: Pace,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(frame) = socket.hear_within(Duration::from_secs(3600)).await {
            for parcel in acknowledge(&mut socket, &agent, &frame).await {
                let number = parcel.number as usize;
                let took = pace.due(number).elapsed().as_micros().max(1) as u64;
                // A repeat does not count.
                let _ = latencies[number].compare_exchange(
                    0,
                    took,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
            }
        }
    })
}

/// Whether a frame answers a ping.
pub fn is_pong(frame: &Frame) -> bool {
    matches!(frame, Frame::Heard(Heard::Words(Words::Other { kind, .. })) if kind.ends_with("/ping_response"))
}

/// Acknowledges the mail of a frame, and returns it.
pub async fn acknowledge(socket: &mut Socket, agent: &Agent, frame: &Frame) -> Vec<Parcel> {
    let Frame::Heard(Heard::Words(words)) = frame else { return Vec::new() };
    let items = words.items();
    if !items.is_empty() {
        let ids: Vec<String> = items.iter().map(|item| item.id.clone()).collect();
        socket.say(&client::messages_received(&pickup::V2_0, &agent.id(), &ids)).await;
    }
    items.iter().filter_map(|item| item.parcel).collect()
}
