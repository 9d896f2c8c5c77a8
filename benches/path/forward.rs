//! A forward of 2 KB, step by step and whole, without network. `cargo bench -p path-benches`

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use didcomm::{Limits, Sealed};
use mediator::Answer;
use path_benches::{StepClock, forward, identity, inner, mediator, wallet_key};
use store::memory::MemoryStore;
use store::{Clock, Stores};
use store_embedded::EmbeddedStore;
use tokio::runtime::Runtime;

static NUMBER: AtomicU64 = AtomicU64::new(0);

fn next() -> bytes::Bytes {
    forward(NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn steps(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("forward of 2 KB");
    let identity = identity();
    let sealed = next();
    group.throughput(Throughput::Bytes(sealed.len() as u64));
    group.bench_function("parse", |b| {
        b.iter(|| Sealed::parse(black_box(&sealed), &Limits::default()))
    });
    group.bench_function("parse and open", |b| {
        b.iter(|| {
            let parsed =
                Sealed::parse(black_box(&sealed), &Limits::default()).expect("an envelope");
            parsed.open(0, identity.routing()).expect("sealed for us")
        });
    });
    let parsed = Sealed::parse(&sealed, &Limits::default()).expect("an envelope");
    let plaintext = parsed.open(0, identity.routing()).expect("sealed for us").plaintext;
    group.bench_function("decode", |b| b.iter(|| protocols::decode(black_box(&plaintext))));
    let words = inner(1, 1_150);
    group.bench_function("seal", |b| {
        b.iter(|| didcomm::seal_anon(black_box(words.as_bytes()), &[wallet_key()]))
    });
    group.finish();
}

fn whole(
    bench: &mut Criterion,
    name: &str,
    stores: Stores,
    clock: Arc<dyn Clock>,
    runtime: &Runtime,
) {
    let office = runtime.block_on(mediator(stores, clock));
    bench.bench_function(name, |b| {
        b.to_async(runtime).iter_batched(
            next,
            |sealed| {
                let office = office.clone();
                async move { assert!(matches!(office.post(&sealed).await, Answer::Accepted)) }
            },
            BatchSize::SmallInput,
        );
    });
}

/// Everything but the network and the store: what a forward costs the mediator's own code.
fn in_memory(bench: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let clock: Arc<dyn Clock> = Arc::new(StepClock::default());
    let stores = Stores::of(Arc::new(MemoryStore::new(clock.clone())));
    whole(bench, "forward whole, in memory", stores, clock, &runtime);
}

/// One at a time, so each pays for a sync of the disk by itself: wall time, dominated by that.
fn on_disk(bench: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let clock: Arc<dyn Clock> = Arc::new(StepClock::default());
    let dir = tempfile::tempdir().expect("a directory");
    let store = EmbeddedStore::open(dir.path(), store_embedded::Options::default(), clock.clone())
        .expect("a store");
    whole(bench, "forward whole, on disk, one at a time", Stores::of(store), clock, &runtime);
}

criterion_group!(benches, steps, in_memory, on_disk);
criterion_main!(benches);
