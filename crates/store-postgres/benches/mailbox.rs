//! What mail costs: appends at several levels of concurrency, and the whole way of a message (append, lease, acknowledge).
//!
//! `cargo bench -p store-postgres`; with a URL as argument, against that server (then without its CPU time).
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use didcomm::{Destination, VerKey};
use servers::{PgSpec, Postgres};
use store::conformance::ManualClock;
use store::{
    Appended, Claimant, Demand, Epoch, Holder, Letter, Mailbox, Manner, Presence, Quota,
    RecipientId, Role, Timestamp,
};
use store_postgres::{Options, PostgresStore};
use tokio::time::Instant;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const SPAN: Duration = Duration::from_secs(4);
const WALLETS: u64 = 200;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(run());
}

async fn run() {
    let given = std::env::args().skip(1).find(|argument| argument.starts_with("postgres"));
    let server = match given {
        Some(_) => None,
        None => Some(Postgres::start(PgSpec::plain().with("shared_buffers", "256MB")).await),
    };
    let url = given.or_else(|| server.as_ref().map(Postgres::url)).expect("a server");
    let open = async || {
        let clock = Arc::new(ManualClock::at(NOW));
        let store = PostgresStore::connect(Options::new(&url), clock).await.expect("it opens");
        store.renew("here", Timestamp::NEVER).await.expect("a sign of life");
        store
    };
    let (here, there) = (open().await, open().await);
    let cost = Cost { server: server.as_ref() };
    println!("appends of 2 KB to {WALLETS} mailboxes, nobody reads");
    for writers in [1, 16, 128] {
        cost.measure(&format!("{writers:>4} writers"), || appends(&here, writers)).await;
    }
    println!("append at one instance, lease and acknowledgement at another");
    for wallets in [1, 16, 128] {
        cost.measure(&format!("{wallets:>4} wallets"), || ways(&here, &there, wallets)).await;
    }
}

/// Takes what passes in time and CPU.
struct Cost<'a> {
    server: Option<&'a Postgres>,
}

impl Cost<'_> {
    async fn measure<F: Future<Output = u64>>(&self, name: &str, act: impl FnOnce() -> F) {
        let (start, server, ours) = (Instant::now(), self.server_ticks(), ticks("/proc/self/stat"));
        let messages = act().await.max(1);
        let seconds = start.elapsed().as_secs_f64();
        // A tick is 10 ms.
        let each = |ticks: u64| ticks as f64 * 10_000.0 / messages as f64;
        println!(
            "{name}: {:>6.0}/s, server {:>5.0} µs and client {:>5.0} µs of CPU per message",
            messages as f64 / seconds,
            each(self.server_ticks() - server),
            each(ticks("/proc/self/stat") - ours),
        );
    }

    /// The postmaster and its children, those that ended included.
    fn server_ticks(&self) -> u64 {
        let Some(server) = self.server else { return 0 };
        let file = server.socket_directory().join("data/postmaster.pid");
        let text = fs::read_to_string(file).expect("a server that runs");
        let postmaster = text.lines().next().expect("its number").to_owned();
        let processes = fs::read_dir("/proc").expect("processes").flatten();
        let stats = processes.map(|process| process.path().join("stat").display().to_string());
        let own = format!("/proc/{postmaster}/stat");
        let is_child =
            |stat: &String| field(stat, 1).is_some_and(|parent| parent.to_string() == postmaster);
        stats.filter(is_child).map(|stat| ticks(&stat)).sum::<u64>()
            + ticks(&own)
            + waited_for(&own)
    }
}

/// A number of `/proc/*/stat`, counted from behind the name, which may hold spaces: 1 is the parent.
fn field(stat: &str, place: usize) -> Option<u64> {
    let text = fs::read_to_string(stat).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(place)?.parse().ok()
}

fn ticks(stat: &str) -> u64 {
    field(stat, 11).unwrap_or(0) + field(stat, 12).unwrap_or(0)
}

fn waited_for(stat: &str) -> u64 {
    field(stat, 13).unwrap_or(0) + field(stat, 14).unwrap_or(0)
}

/// Like a hash: neighbours are far from each other.
fn spread(number: u64) -> [u8; 16] {
    u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_le_bytes()
}

fn owner(number: u64) -> RecipientId {
    RecipientId(spread(number))
}

fn letter(number: u64) -> Letter {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let unique = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Letter {
        envelope: Bytes::from(vec![number as u8; 2048]),
        destination: Destination::Key(VerKey::from_bytes([1; 32])),
        dedupe: spread(unique),
        received: NOW,
        expires: Timestamp::NEVER,
        dedupe_window: Duration::from_secs(3600),
        quota: Quota { messages: 10_000_000, bytes: 1 << 40 },
    }
}

async fn appends(store: &Arc<PostgresStore>, writers: u64) -> u64 {
    let end = Instant::now() + SPAN;
    let writers = (0..writers).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut done = 0;
            while Instant::now() < end {
                let appended =
                    store.append(owner((writer + done * 7) % WALLETS), letter(done)).await;
                assert!(matches!(appended, Ok(Appended::Stored { .. })), "{appended:?}");
                done += 1;
            }
            done
        })
    });
    let mut all = 0;
    for writer in writers.collect::<Vec<_>>() {
        all += writer.await.expect("a writer");
    }
    all
}

async fn ways(here: &Arc<PostgresStore>, there: &Arc<PostgresStore>, wallets: u64) -> u64 {
    let wallets = (0..wallets).map(|wallet| {
        let (here, there) = (here.clone(), there.clone());
        tokio::spawn(async move { way(&here, &there, owner(1_000_000 + wallet)).await })
    });
    let mut all = 0;
    for wallet in wallets.collect::<Vec<_>>() {
        all += wallet.await.expect("a wallet");
    }
    all
}

/// One message after another: each is appended when the one before is acknowledged.
async fn way(here: &PostgresStore, there: &PostgresStore, owner: RecipientId) -> u64 {
    let claimant = Claimant { instance: "here".to_owned(), role: Role::Session };
    let epoch = there.claim(owner, &claimant).await.expect("claim");
    let mut watch = there.watch(owner, epoch, Manner::ALONE).await.expect("watch");
    let end = Instant::now() + SPAN;
    let mut done = 0;
    while Instant::now() < end {
        here.append(owner, letter(done)).await.expect("append");
        let mut got = 0;
        while got == 0 {
            watch.next().await;
            got = take(there, owner, epoch).await;
        }
        done += 1;
    }
    done
}

async fn take(there: &PostgresStore, owner: RecipientId, epoch: Epoch) -> usize {
    let (holder, demand) = (Holder::Session(epoch), Demand::of(10, 1 << 20));
    let mail = there.lease(owner, holder, Timestamp::NEVER, &demand).await.expect("lease");
    let ids: Vec<_> = mail.iter().map(|mail| mail.position).collect();
    there.acknowledge(owner, &ids, Some(epoch)).await.expect("acknowledge")
}
