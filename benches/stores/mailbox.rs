//! What mail costs: appends, the whole way of a message, and how a full mailbox is emptied.
//!
//! `cargo bench -p store-benches` for all engines, `-- redis` for one of `embedded`, `redis` and `postgres`. Everything is durable: the embedded
//! store and PostgreSQL sync, Redis appends to its file with `appendfsync always`. Wall time is that of the disk under `TMPDIR`; CPU is what to compare.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use store_benches::{Engine, Meter, append, drain, fill, pass};

/// Mailboxes that are drained at once, and messages in each.
const DRAINED: (u64, u64) = (16, 500);

#[tokio::main]
async fn main() {
    let named: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for name in &named {
        assert!(Engine::ALL.contains(&name.as_str()), "no such engine: {name}");
    }
    for name in Engine::ALL {
        if named.is_empty() || named.iter().any(|word| word == name) {
            measure(&Engine::start(name).await).await;
        }
    }
}

async fn measure(engine: &Engine) {
    let meter = Meter::of(engine);
    let (here, there) = (engine.open().await, engine.open().await);
    println!("\n{}: messages of 2 KB", engine.name());
    for writers in [1, 16, 128] {
        let cost = meter.measure(append(&here, writers)).await;
        println!("{writers:>4} append                          {cost}");
    }
    for wallets in [1, 16, 128] {
        let cost = meter.measure(pass(&here, &there, wallets)).await;
        println!("{wallets:>4} append, wake, lease, acknowledge {cost}");
    }
    let (mailboxes, messages) = DRAINED;
    let filled = fill(&here, mailboxes, messages).await;
    let cost = meter.measure(drain(&there, mailboxes)).await;
    assert_eq!(cost.messages(), filled, "some mail was not handed out");
    println!("{mailboxes:>4} lease and acknowledge by ten      {cost}");
}
