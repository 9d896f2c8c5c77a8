//! What opening and sealing an envelope costs in CPU time of its thread, by size and by way. `cargo bench -p didcomm`

use std::hint::black_box;
use std::time::Duration;

use aws_lc_rs::agreement::{UnparsedPublicKey, X25519, agree};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, criterion_group, criterion_main};
use curve25519_dalek::MontgomeryPoint;
use didcomm::document::ours;
use didcomm::{Envelope, Limits, Peer, Sealed, SecretKey, did, seal_anon, seal_auth};

type Criterion = criterion::Criterion<CpuTime>;

/// Time on a CPU of the thread that runs the bench, so that a busy machine does not count.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.try_into().unwrap_or_default()
    }

    fn end(&self, started: Duration) -> Duration {
        self.start() - started
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

const SIZES: [usize; 3] = [1024, 2048, 8192];

fn parse(envelope: &Envelope) -> Sealed {
    Sealed::parse(envelope.as_bytes(), &Limits::default()).expect("what we sealed parses")
}

fn open(c: &mut Criterion) {
    let (ours, theirs) = (SecretKey::generate(), SecretKey::generate());
    let peer = Peer::new(&ours, &theirs.verkey()).expect("a generated key is valid");
    let mut group = c.benchmark_group("open");
    for size in SIZES {
        let body = vec![b'x'; size];
        let anon = seal_anon(&body, &[ours.verkey()]).expect("a generated key is valid");
        let auth = seal_auth(&body, &theirs, &[ours.verkey()]).expect("a generated key is valid");
        group.bench_with_input(BenchmarkId::new("parse only", size), &anon, |b, anon| {
            b.iter(|| parse(anon))
        });
        group.bench_with_input(BenchmarkId::new("anoncrypt", size), &anon, |b, anon| {
            b.iter(|| parse(anon).open(0, &ours));
        });
        group.bench_with_input(BenchmarkId::new("authcrypt cold", size), &auth, |b, auth| {
            b.iter(|| parse(auth).open(0, &ours));
        });
        group.bench_with_input(
            BenchmarkId::new("authcrypt cached peer", size),
            &auth,
            |b, auth| {
                b.iter(|| parse(auth).open_from(0, &ours, &peer));
            },
        );
    }
    group.finish();
}

fn seal(c: &mut Criterion) {
    let (ours, theirs) = (SecretKey::generate(), SecretKey::generate().verkey());
    let peer = Peer::new(&ours, &theirs).expect("a generated key is valid");
    let mut group = c.benchmark_group("seal");
    for size in SIZES {
        let body = vec![b'x'; size];
        group.bench_with_input(BenchmarkId::new("anoncrypt", size), &body, |b, body| {
            b.iter(|| seal_anon(black_box(body), &[theirs]));
        });
        group.bench_with_input(BenchmarkId::new("authcrypt cold", size), &body, |b, body| {
            b.iter(|| seal_auth(black_box(body), &ours, &[theirs]));
        });
        group.bench_with_input(
            BenchmarkId::new("authcrypt cached peer", size),
            &body,
            |b, body| {
                b.iter(|| peer.seal(black_box(body)));
            },
        );
    }
    group.finish();
}

fn keys(c: &mut Criterion) {
    let (ours, theirs) = (SecretKey::generate(), SecretKey::generate().verkey());
    let signature = ours.sign(b"message");
    let mut group = c.benchmark_group("keys");
    group.bench_function("from seed", |b| b.iter(|| SecretKey::from_seed(black_box([7; 32]))));
    group.bench_function("to X25519", |b| b.iter(|| black_box(theirs).agreement()));
    group.bench_function("sign", |b| b.iter(|| ours.sign(black_box(b"message"))));
    group.bench_function("verify", |b| {
        b.iter(|| ours.verkey().verify(black_box(b"message"), &signature))
    });
    group.finish();
}

/// Our own document for a new connection, as a DID, and what the other side reads of it.
fn documents(c: &mut Criterion) {
    let key = SecretKey::generate().verkey();
    let endpoints = ["https://mediator.example.org/", "wss://mediator.example.org/"];
    let did = ours::peer_4(&key, &endpoints);
    let mut group = c.benchmark_group("documents");
    group.bench_function("did:peer:4 written", |b| {
        b.iter(|| ours::peer_4(black_box(&key), &endpoints));
    });
    group.bench_function("did:peer:4 read", |b| b.iter(|| did::resolve(black_box(&did))));
    group.finish();
}

/// The backends side by side: what an agreement costs says how busy the machine is, too.
fn backends(c: &mut Criterion) {
    let theirs = SecretKey::generate().verkey().agreement().expect("a generated key is valid");
    let ours = aws_lc_rs::agreement::PrivateKey::from_private_key(&X25519, &[7; 32])
        .expect("any bytes are a key");
    let mut group = c.benchmark_group("X25519");
    group.bench_function("aws-lc-rs", |b| {
        b.iter(|| {
            agree(&ours, UnparsedPublicKey::new(&X25519, &theirs), (), |secret| Ok(secret[0]))
        });
    });
    group.bench_function("curve25519-dalek", |b| {
        b.iter(|| MontgomeryPoint(theirs).mul_clamped(black_box([7; 32])))
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = criterion::Criterion::default().with_measurement(CpuTime);
    targets = backends, open, seal, keys, documents
}
criterion_main!(benches);
