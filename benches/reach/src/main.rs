//! Measures the real binary on this machine.
//!
//! ```text
//! reach target/release/restante                                   one instance, embedded store
//! reach target/release/restante depth    --deepest 1000000        only its mailboxes of different depth
//! reach target/release/restante soak     --wallets 200 --rate 1000 --minutes 30
//! reach target/release/restante live     --store redis://… --instances 2 --wallets 200 --rate 500 --engine-pid …
//! reach target/release/restante sessions --store redis://… --sessions 19000 --engine-pid …
//! reach target/release/restante dock     --sockets 19000 --clients 32 --churn 100000
//! reach target/release/restante dock     --docks 6 --sockets 100000
//! reach target/release/restante behind   --docks 2 --wallets 12500 --rate 500 --seconds 600
//! reach target/release/restante relay     --messages 40000 --keys 1000 --clients 64
//! reach target/release/restante deliverer --messages 40000 --endpoints 50
//! ```
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

mod arguments;
mod behind;
mod deliverer;
mod deployment;
mod dock;
mod live;
mod load;
mod process;
mod relay;
mod sessions;
mod soak;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arguments::Arguments;
use deployment::Deployment;
use process::Measured;
use tokio::time::Instant;

#[tokio::main]
async fn main() {
    let binary =
        std::env::args_os().nth(1).map_or_else(|| "target/release/restante".into(), PathBuf::from);
    let arguments = Arguments::after(3);
    match std::env::args().nth(2).as_deref() {
        Some("live") => {
            live::measure(&Deployment::start(&binary, &arguments).await, &arguments).await;
        }
        Some("sessions") => {
            sessions::measure(&Deployment::start(&binary, &arguments).await, &arguments).await;
        }
        Some("soak") => {
            soak::measure(&Deployment::start(&binary, &arguments).await, &arguments).await;
        }
        Some("depth") => depth(&binary, arguments.of("deepest", DEEPEST)).await,
        Some("dock") => dock::measure(&binary, &arguments).await,
        Some("behind") => behind::measure(&binary, &arguments).await,
        Some("relay") => relay::measure(&binary, &arguments).await,
        Some("post") => relay::post(&arguments).await,
        Some("deliverer") => deliverer::measure(&binary, &arguments).await,
        Some("crew") => behind::work(&arguments).await,
        Some("hold") => {
            let dock = arguments.text("dock").and_then(|dock| dock.parse().ok());
            let (sockets, part) = (arguments.of("sockets", 0), arguments.of("part", 0));
            dock::hold(dock.expect("--dock with an address"), sockets, part).await;
        }
        _ => one_box(&binary).await,
    }
}

/// Messages in the deepest mailbox, if nothing else is said.
const DEEPEST: u32 = 100_000;

async fn one_box(binary: &Path) {
    start(binary).await;
    forwards(binary).await;
    drain(binary).await;
    depth(binary, DEEPEST).await;
}

/// Start to ready, and memory at rest: the median of five.
async fn start(binary: &Path) {
    let mut ready = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..5 {
        let measured = Measured::start(binary).await;
        ready.push(measured.ready_after.as_secs_f64() * 1e3);
        resident.push(measured.resident());
    }
    println!("start to ready      {:8.1} ms", median(ready));
    println!("resident at rest    {:8.1} MB", median(resident));
}

/// Forwards to a wallet that is away, durable before each 2xx.
async fn forwards(binary: &Path) {
    let measured = Measured::start(binary).await;
    let wallet = Arc::new(load::wallet(measured.address(), 1).await);
    load::fill(&wallet, 5_000, 128).await;
    let (count, cpu) = (40_000, measured.cpu());
    let seconds = load::fill(&wallet, count, 128).await;
    let cpu = measured.cpu() - cpu;
    println!("forwards            {:8.0} /s over 128 connections", f64::from(count) / seconds);
    println!("CPU per forward     {:8.1} µs", cpu / f64::from(count) * 1e6);
    println!("resident with 45,000 waiting {:8.1} MB", measured.resident());
}

/// 5,000 waiting messages, drained by ten.
async fn drain(binary: &Path) {
    let measured = Measured::start(binary).await;
    let wallet = Arc::new(load::wallet(measured.address(), 1).await);
    load::fill(&wallet, 5_000, 64).await;
    let (cpu, started) = (measured.cpu(), Instant::now());
    let drained = load::drain(&wallet, 5_000).await;
    println!(
        "drain of {drained} by ten  {:8.2} s, {:.2} CPU s in the mediator",
        started.elapsed().as_secs_f64(),
        measured.cpu() - cpu
    );
}

/// Whether a deep mailbox costs more per message than a shallow one. Of shallow ones, several are drained one after another.
async fn depth(binary: &Path, deepest: u32) {
    let room = ["--set", "mailbox.messages=2000000", "--set", "mailbox.bytes=8GiB"];
    let room = room.map(str::to_owned);
    let depths = [(100, 50), (1_000, 10), (10_000, 3), (100_000, 1), (1_000_000, 1)];
    for (waiting, mailboxes) in depths.into_iter().filter(|(waiting, _)| *waiting <= deepest) {
        let measured = Measured::start_with(binary, &room).await;
        let (mut cpu, mut drained) = (0.0, 0);
        for number in 1..=mailboxes {
            let wallet = Arc::new(load::wallet(measured.address(), number).await);
            load::fill(&wallet, waiting, 64).await;
            let before = measured.cpu();
            drained += load::drain(&wallet, waiting as usize).await;
            cpu += measured.cpu() - before;
        }
        println!(
            "drain of {waiting:7} waiting  {:8.1} CPU µs a message, {drained} drained",
            cpu / drained as f64 * 1e6
        );
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
