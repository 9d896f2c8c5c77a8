//! A process that is many wallets, and whoever writes to them.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use protocols::client;
use testkit::{Frame, Posted, Socket, Wallet};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

use crate::arguments::Arguments;
use crate::{live, load};

/// Wallets that join at once.
const AT_A_TIME: usize = 16;

/// How long the last messages and answers may take.
const TAIL: Duration = Duration::from_secs(10);

/// The process, as the one sees it that started it.
pub struct Crew {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Crew {
    /// One whose wallets are all live.
    pub async fn start(words: Vec<(String, String)>) -> Self {
        let starting = spawn_blocking(move || {
            let program = std::env::current_exe().expect("a program has a file");
            let words = words.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]);
            let mut child = Command::new(program)
                .args(["-", "crew"])
                .args(words)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("another process");
            let lines = BufReader::new(child.stdout.take().expect("its output"));
            let mut crew = Self { child, lines };
            assert_eq!(crew.line(), "live", "not all wallets are live");
            crew
        });
        starting.await.expect("wallets are live")
    }

    /// Has it work, and returns what it says of that.
    pub async fn run(mut self) -> String {
        let running = spawn_blocking(move || {
            let mut stdin = self.child.stdin.take().expect("its input");
            writeln!(stdin, "go").expect("it listens");
            self.line()
        });
        running.await.expect("the wallets have worked")
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("its word");
        line.trim().to_owned()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        // Both fail only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What happened to all wallets of a process.
struct Log {
    /// When the first message was due.
    start: OnceLock<Instant>,
    rate: f64,
    /// Microseconds from the moment when a message was due to its arrival.
    took: Vec<AtomicU64>,
    pings: AtomicU64,
    pongs: AtomicU64,
    ends: AtomicU64,
}

/// What such a process does.
pub async fn work(arguments: &Arguments) {
    let at = |name| arguments.text(name).and_then(|text| text.parse::<SocketAddr>().ok());
    let (mediator, dock) = (at("mediator").expect("--mediator"), at("dock").expect("--dock"));
    let (first, count) = (arguments.of("first", 0_u32), arguments.of("wallets", 1_000_u32));
    let http = load::client();
    let (rate, seconds) = (arguments.of("rate", 100.0_f64), arguments.of("seconds", 60.0_f64));
    let took = (0..(rate * seconds) as usize).map(|_| AtomicU64::new(0)).collect();
    let [pings, pongs, ends] = [(); 3].map(|()| AtomicU64::new(0));
    let log = Arc::new(Log { start: OnceLock::new(), rate, took, pings, pongs, ends });
    let pause = (arguments.of("ping-from", 60_u64), arguments.of("ping-to", 120_u64));
    let joining = (first..first + count).map(|number| join(http.clone(), mediator, dock, number));
    // Each is attended to from the first moment, however long the others take.
    let afloat = stream::iter(joining).buffer_unordered(AT_A_TIME).map(|(wallet, socket)| {
        let agent = wallet.agent().clone();
        tokio::spawn(attend(wallet, socket, pause, log.clone()));
        agent
    });
    let agents: Vec<_> = afloat.collect().await;
    println!("live");
    spawn_blocking(|| std::io::stdin().read_line(&mut String::new()))
        .await
        .expect("a word")
        .expect("a line");

    let refused = write_to(
        &agents,
        Wallet::stranger_over(http, mediator, u32::MAX, &Default::default()),
        &log,
    )
    .await;
    sleep(TAIL).await;
    report(&log, refused);
}

async fn join(
    http: reqwest::Client,
    mediator: SocketAddr,
    dock: SocketAddr,
    number: u32,
) -> (Wallet, Socket) {
    let wallet = load::wallet_over(http, mediator, number).await;
    let socket = live::go_live(&wallet.by_way_of(dock)).await;
    (wallet, socket)
}

/// Pings now and then, and acknowledges what comes.
async fn attend(wallet: Wallet, mut socket: Socket, (from, to): (u64, u64), log: Arc<Log>) {
    let agent = wallet.agent();
    // Spread over the whole time, the same in each run.
    let scatter = |turn: u64| {
        Duration::from_millis(
            (u64::from(agent.number) * 7919 + turn * 104_729) % ((to - from).max(1) * 1000),
        )
    };
    let mut next = Instant::now() + scatter(0);
    for turn in 1.. {
        while let Some(frame) =
            socket.hear_within(next.saturating_duration_since(Instant::now())).await
        {
            if matches!(frame, Frame::Closed(_) | Frame::Broken) {
                log.ends.fetch_add(1, Ordering::Relaxed);
                return;
            }
            let mail = live::acknowledge(&mut socket, agent, &frame).await;
            if live::is_pong(&frame) {
                log.pongs.fetch_add(1, Ordering::Relaxed);
            }
            mail.iter().for_each(|parcel| log.arrived(parcel.number));
        }
        socket.say(&client::ping(&agent.id(), true)).await;
        log.pings.fetch_add(1, Ordering::Relaxed);
        next = Instant::now() + Duration::from_secs(from) + scatter(turn);
    }
}

/// Writes to one after the other; returns how many messages were not accepted.
async fn write_to(agents: &[Arc<testkit::Agent>], sender: Wallet, log: &Log) -> usize {
    let sender = Arc::new(sender);
    let mut posts = Vec::with_capacity(log.took.len());
    for number in 0..log.took.len() {
        sleep_until(log.due(number)).await;
        // A stride that is prime to most counts, so that not neighbours follow each other.
        let agent = &agents[number * 7919 % agents.len()];
        let (forward, sender) = (load::sealed_one(agent, number as u32), sender.clone());
        posts.push(tokio::spawn(async move { sender.post(&forward).await == Posted::Accepted }));
    }
    let mut refused = 0;
    for post in posts {
        refused += usize::from(!post.await.expect("a sender"));
    }
    refused
}

impl Log {
    fn due(&self, number: usize) -> Instant {
        *self.start.get_or_init(Instant::now) + Duration::from_secs_f64(number as f64 / self.rate)
    }

    fn arrived(&self, number: u32) {
        let Some(place) = self.took.get(number as usize) else { return };
        let took = self.due(number as usize).elapsed().as_micros().max(1) as u64;
        // A repeat does not count.
        let _ = place.compare_exchange(0, took, Ordering::Relaxed, Ordering::Relaxed);
    }
}

fn report(log: &Log, refused: usize) {
    let mut took: Vec<u64> = log.took.iter().map(|one| one.load(Ordering::Relaxed)).collect();
    let missing = took.iter().filter(|one| **one == 0).count();
    took.retain(|one| *one > 0);
    took.sort_unstable();
    let at = |share: f64| {
        let place = ((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1));
        took.get(place).map_or(f64::NAN, |one| *one as f64 / 1e3)
    };
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    println!(
        "{} messages: {missing} missing, {refused} refused, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms; {} pings, {} pongs; {} sockets ended",
        log.took.len(),
        at(0.5),
        at(0.99),
        at(1.0),
        count(&log.pings),
        count(&log.pongs),
        count(&log.ends)
    );
}
