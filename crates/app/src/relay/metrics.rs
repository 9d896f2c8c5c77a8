//! The counters of a relay.

use std::sync::Arc;

use acapy::Health;
use acapy::relay::{Count, Relay};
use tokio_util::sync::CancellationToken;
use transport::Tally;

use crate::admin::Operated;
use crate::metrics::Exposition;

/// A relay, as operators see it.
pub struct Counters {
    /// Counts messages.
    pub relay: Arc<Relay>,
    /// Knows whether Redis answers.
    pub health: Arc<Health>,
    /// Counts connections.
    pub port: Arc<Tally>,
    /// Begins the end.
    pub stop: CancellationToken,
}

impl Operated for Counters {
    fn metrics(&self) -> String {
        let mut out = Exposition::default();
        let up = [("queues".to_owned(), u64::from(self.health.is_live()))];
        out.gauges(
            "restante_store_up",
            "Whether the server that keeps this answers.",
            "keeps",
            &up,
        );
        let tally = self.relay.tally();
        let counts: Vec<_> =
            Count::ALL.iter().map(|count| (count.label().to_owned(), tally.get(*count))).collect();
        out.counters(
            "restante_relay_total",
            "What became of what came to the relay.",
            "event",
            &counts,
        );
        let keys = self.relay.keys() as u64;
        out.single("restante_relay_keys", "Keys that are assigned.", "gauge", keys);
        let port = transport::Count::ALL.iter();
        let port: Vec<_> =
            port.map(|count| (count.label().to_owned(), self.port.of(*count))).collect();
        out.counters("restante_port_total", "What happened at the port.", "event", &port);
        out.resident();
        out.0
    }

    fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}
