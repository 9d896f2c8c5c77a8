//! Deliverers: what waits in ACA-Py's outbound list goes to many endpoints, of which one never answers.
//!
//! `--messages` of 2 KiB for `--endpoints`, each on a port of its own. All of it waits when the deliverer starts.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acapy::wire::{Names, Outbound, Service};
use bytes::Bytes;
use redis::{Client, cmd};
use servers::{RedisServer, RedisSpec};
use testkit::{Reply, Site};
use tokio::time::{Instant, sleep};

use crate::arguments::Arguments;
use crate::process::Measured;

const BYTES: usize = 2 * 1024;

/// Everything that the command line asks for.
pub async fn measure(binary: &Path, arguments: &Arguments) {
    let messages: usize = arguments.of("messages", 40_000);
    let endpoints: usize = arguments.of("endpoints", 50);
    let spec = RedisSpec::durable().with("appendfsync", "everysec");
    let redis = RedisServer::start(spec).await;
    let came = Arc::<AtomicUsize>::default();
    let sites = open(endpoints, &came).await;
    let places: Vec<SocketAddr> = sites.iter().map(Site::address).collect();
    push(&redis.url(), &places, messages).await;
    let alive = messages - messages.div_ceil(endpoints);
    let began = Instant::now();
    let store = ["--store".to_owned(), redis.url()];
    let deliverer = Measured::start_as(binary, "deliverer", &store).await;
    while came.load(Ordering::Relaxed) < alive {
        sleep(Duration::from_millis(5)).await;
    }
    let (took, cpu) = (began.elapsed().as_secs_f64(), deliverer.cpu());
    println!("{alive} messages to {} endpoints in {took:.2} s, one more being dead", endpoints - 1);
    println!("{:.0} messages/s", alive as f64 / took);
    println!("{:.3} CPU ms a message in the deliverer", cpu / alive as f64 * 1e3);
    println!("{:.1} MB resident", deliverer.resident());
}

/// The first one is dead.
async fn open(endpoints: usize, came: &Arc<AtomicUsize>) -> Vec<Site> {
    let mut sites = Vec::new();
    for nth in 0..endpoints {
        let (site, came) = (Site::open().await, came.clone());
        site.decide(move |_, _| {
            if nth == 0 {
                return Reply::never();
            }
            came.fetch_add(1, Ordering::Relaxed);
            200.into()
        });
        sites.push(site);
    }
    sites
}

/// Message `n` is for endpoint `n` modulo their number.
async fn push(redis: &str, places: &[SocketAddr], messages: usize) {
    let client = Client::open(redis).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let list = Names::new("acapy").expect("a prefix").outbound();
    for first in (0..messages).step_by(500) {
        let mut command = cmd("RPUSH");
        command.arg(&list);
        for number in first..(first + 500).min(messages) {
            let url = format!("http://{}/", places[number % places.len()]);
            let payload = Bytes::from(vec![b'x'; BYTES]);
            let entry =
                Outbound { service: Service { url }, payload, headers: [].into(), retries: 0 };
            command.arg(entry.to_bytes());
        }
        command.query_async::<u64>(&mut connection).await.expect("Redis answers");
    }
}
