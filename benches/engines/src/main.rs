//! Compares engines for the embedded store under a queue's load: what is written is read once and removed soon.
//!
//! `engines churn|soon|fill|drain|open <engine> <dir> [messages] [hint]`: see `docs/adr/0003-embedded-engine.md`.
#![forbid(unsafe_code)]

mod engine;
mod fjall;
mod process;
mod redb;
mod restante;

use std::path::Path;
use std::time::{Duration, Instant};

use engine::{Engine, Id};
use process::{cpu, disk, rss};

const VALUE: usize = 2048;
const GROUP: u64 = 64;
const MAILBOXES: u64 = 1000;
const BACKLOG: u64 = 50_000;
/// When wallets are connected.
const LITTLE: u64 = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, mode, engine, dir, rest @ ..] = arguments.as_slice() else {
        panic!("engines churn|soon|fill|drain|open <engine> <dir> [messages] [hint]")
    };
    let messages = rest.first().map_or(1_000_000, |text| text.parse().unwrap());
    let has_hint = rest.get(1).is_some();
    let dir = Path::new(dir);
    let (idle, started) = (rss(), Instant::now());
    let mut store = engine::open(engine, dir);
    println!(
        "{engine}: open in {:?}, rss {} KiB, {} of them the engine",
        started.elapsed(),
        rss(),
        rss() - idle
    );
    match mode.as_str() {
        "churn" => churn(store.as_mut(), dir, messages, has_hint, BACKLOG),
        "soon" => churn(store.as_mut(), dir, messages, has_hint, LITTLE),
        "fill" => fill(store.as_mut(), dir, messages),
        "drain" => drain(store.as_mut(), messages, has_hint),
        "open" => println!(
            "first message: {:?}",
            (0..MAILBOXES).find_map(|m| store.head(m, 0, 1).pop()).map(|id| id.place)
        ),
        other => panic!("no mode {other}"),
    }
    let started = Instant::now();
    drop(store);
    println!("closed in {:?}", started.elapsed());
}

/// Keeps about `backlog` messages waiting in `MAILBOXES` mailboxes while `messages` go in and out.
fn churn(store: &mut dyn Engine, dir: &Path, messages: u64, has_hint: bool, backlog: u64) {
    let mut random = Random(7);
    let mut heads = vec![0u128; MAILBOXES as usize];
    let mut removals = Vec::new();
    let (mut put, mut gone) = (0u64, 0u64);
    let mut step = Step::start();
    let stride = messages / 20 / GROUP * GROUP;
    while gone < messages {
        let appends = (0..GROUP).map(|_| (random.next() % MAILBOXES, random.value())).collect();
        store.commit(put, appends, &std::mem::take(&mut removals));
        put += GROUP;
        // One read a mailbox and commit, so that nothing is read twice.
        let first = random.next();
        for mailbox in (first..first + MAILBOXES)
            .map(|m| m % MAILBOXES)
            .take(((put - gone).saturating_sub(backlog) / 8) as usize)
        {
            let from = if has_hint { heads[mailbox as usize] } else { 0 };
            let read = step.time(|| store.head(mailbox, from, 10));
            gone += read.len() as u64;
            heads[mailbox as usize] = read.last().map_or(from, |id| id.place + 1);
            removals.extend(read);
        }
        if put % stride == 0 {
            step.report(put, dir);
        }
    }
    step.report(put, dir);
}

/// Appends without reading.
fn fill(store: &mut dyn Engine, dir: &Path, messages: u64) {
    let mut random = Random(7);
    let before = rss();
    let mut step = Step::start();
    let mut peak = 0;
    for put in (0..messages).step_by(GROUP as usize) {
        store.commit(
            put,
            (0..GROUP).map(|_| (random.next() % MAILBOXES, random.value())).collect(),
            &[],
        );
        peak = peak.max(rss());
    }
    step.report(messages, dir);
    println!("rss before {before}, now {}, at most {peak} KiB", rss());
}

/// Fills one mailbox, then reads and removes it from the front, ten at a time.
fn drain(store: &mut dyn Engine, messages: u64, has_hint: bool) {
    let mut random = Random(7);
    for put in (0..messages).step_by(1000) {
        store.commit(put, (0..1000).map(|_| (0, random.value())).collect(), &[]);
    }
    let (mut place, mut gone) = (0, 0u64);
    let mut since = (Instant::now(), cpu());
    loop {
        let read = store.head(0, if has_hint { place } else { 0 }, 10);
        let Some(Id { place: last, .. }) = read.last() else { break };
        place = last + 1;
        gone += read.len() as u64;
        store.commit(messages, Vec::new(), &read);
        if gone % (messages / 10) == 0 {
            let spent = (cpu() - since.1).as_secs_f64() * 1e6 / (messages / 10) as f64;
            println!("{gone} gone: {spent:.1} us CPU a message, {:?}", since.0.elapsed());
            since = (Instant::now(), cpu());
        }
    }
}

struct Step {
    since: Instant,
    cpu: Duration,
    put: u64,
    reads: u32,
    reading: Duration,
}

impl Step {
    fn start() -> Self {
        Self { since: Instant::now(), cpu: cpu(), put: 0, reads: 0, reading: Duration::ZERO }
    }

    fn time<T>(&mut self, read: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = read();
        self.reads += 1;
        self.reading += started.elapsed();
        result
    }

    fn report(&mut self, put: u64, dir: &Path) {
        let messages = (put - self.put) as f64;
        println!(
            "{put} in: {:.1} us CPU a message, {:.0}/s, head read in {:?}, disk {} MiB, rss {} KiB",
            (cpu() - self.cpu).as_secs_f64() * 1e6 / messages,
            messages / self.since.elapsed().as_secs_f64(),
            self.reading / self.reads.max(1),
            disk(dir) >> 20,
            rss(),
        );
        *self = Self { put, ..Self::start() };
    }
}

/// The same for every engine and run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn value(&mut self) -> Vec<u8> {
        let mut value = Vec::with_capacity(VALUE);
        while value.len() < VALUE {
            value.extend_from_slice(&self.next().wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        }
        value
    }
}
