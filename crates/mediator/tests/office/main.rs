//! The mediator without a transport: an envelope in, an answer out.
#![expect(clippy::unwrap_used, reason = "what the tests set up may fail them")]

mod handshake;
mod patience;

use async_trait::async_trait;
use bytes::Bytes;
use mediator::{Carried, Carrier, End};
use store::{Clock, Timestamp};
use tokio::time::Instant;

struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        Timestamp(1_000_000) + self.0.elapsed()
    }
}

struct Nowhere;

#[async_trait]
impl Carrier for Nowhere {
    async fn carry(&self, _: &str, _: &[Bytes]) -> Carried {
        Carried { taken: 0, end: End::Failed("nowhere".to_owned()) }
    }
}
