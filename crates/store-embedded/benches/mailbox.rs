//! What a message costs in the store: `cargo bench -p store-embedded`.
//!
//! Appends are durable, so their wall time is the disk's; run it on a memory file system (`TMPDIR=/dev/shm`) to see the
//! store's own share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use didcomm::{Destination, VerKey};
use futures_util::future::join_all;
use store::conformance::ManualClock;
use store::{
    Appended, Demand, Holder, Letter, Mail, Mailbox, Position, Quota, RecipientId, Timestamp,
};
use store_embedded::{EmbeddedStore, Options};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const MAILBOXES: u64 = 1_000;
const BOB: RecipientId = RecipientId([0xb0; 16]);

struct Bench {
    store: Arc<EmbeddedStore>,
    runtime: Runtime,
    next: AtomicU64,
    envelope: Bytes,
    _dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(ManualClock::at(NOW));
        let store = EmbeddedStore::open(dir.path(), Options::default(), clock).expect("open");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let envelope = Bytes::from(vec![b'x'; 2_048]);
        Self { store, runtime, next: AtomicU64::new(0), envelope, _dir: dir }
    }

    fn letter(&self, number: u64) -> Letter {
        let mut dedupe = [0; 16];
        dedupe[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        Letter {
            envelope: self.envelope.clone(),
            destination: Destination::Key(VerKey::from_bytes([1; 32])),
            dedupe,
            received: NOW,
            expires: Timestamp::NEVER,
            dedupe_window: Duration::from_secs(600),
            quota: Quota { messages: u64::MAX, bytes: u64::MAX },
        }
    }

    /// Appends so many at once.
    async fn append(&self, count: u64, owner: impl Fn(u64) -> RecipientId) {
        let first = self.next.fetch_add(count, Ordering::Relaxed);
        let appends = (first..first + count)
            .map(|number| self.store.append(owner(number), self.letter(number)));
        for appended in join_all(appends).await {
            assert!(matches!(appended, Ok(Appended::Stored { .. })), "{appended:?}");
        }
    }

    async fn lease(&self) -> Vec<Mail> {
        let demand = Demand::of(10, usize::MAX);
        self.store.lease(BOB, Holder::Request(1), Timestamp::NEVER, &demand).await.expect("lease")
    }

    /// What a wallet does: ten messages, then their acknowledgement.
    async fn lease_and_acknowledge(&self) -> usize {
        let ids: Vec<Position> = self.lease().await.iter().map(|mail| mail.position).collect();
        self.store.acknowledge(BOB, &ids, None).await.expect("acknowledge")
    }
}

fn owner(number: u64) -> RecipientId {
    RecipientId(((number % MAILBOXES + 1) as u128).wrapping_mul(u128::MAX / 997).to_be_bytes())
}

fn appending(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append 2 KB, durable");
    for size in [1, 64] {
        let bench = Bench::new();
        group.throughput(Throughput::Elements(size));
        group.bench_function(format!("{size} at a time"), |bencher| {
            bencher.iter(|| bench.runtime.block_on(bench.append(size, owner)));
        });
    }
}

fn draining(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lease and acknowledge 10");
    group.throughput(Throughput::Elements(10));
    for waiting in [100, 100_000] {
        let bench = Bench::new();
        for _ in 0..waiting / 100 {
            bench.runtime.block_on(bench.append(100, |_| BOB));
        }
        group.bench_function(format!("of {waiting} waiting"), |bencher| {
            let refill = || bench.runtime.block_on(bench.append(10, |_| BOB));
            let drain = |()| assert_eq!(bench.runtime.block_on(bench.lease_and_acknowledge()), 10);
            bencher.iter_batched(refill, drain, BatchSize::PerIteration);
        });
    }
}

criterion_group!(benches, appending, draining);
criterion_main!(benches);
