//! A dock's counters.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use transport::dock::{Berths, DockCount, DockTally};
use transport::{Count, Tally};

use crate::admin::Operated;
use crate::metrics::Exposition;

/// A dock, as operators see it.
pub struct Counters {
    /// Its sockets.
    pub berths: Arc<Berths>,
    /// What they brought and got.
    pub tally: Arc<DockTally>,
    /// What happened at their port.
    pub port: Arc<Tally>,
    /// Begins the end.
    pub stop: CancellationToken,
}

impl Operated for Counters {
    fn metrics(&self) -> String {
        let mut out = Exposition::default();
        let events = DockCount::ALL.iter().map(|of| (of.label().to_owned(), self.tally.of(*of)));
        let (help, events) = ("What happened at the dock.", events.collect::<Vec<_>>());
        out.counters("restante_dock_total", help, "event", &events);
        let waiting = self.tally.waiting();
        out.single("restante_dock_waiting", "Messages for the backend.", "gauge", waiting);
        let port = Count::ALL.iter().map(|of| (of.label().to_owned(), self.port.of(*of)));
        let (help, port) = ("What happened at the port.", port.collect::<Vec<_>>());
        out.counters("restante_port_total", help, "event", &port);
        let (opened, open) = (self.berths.lifetime(), self.berths.active() as u64);
        out.single("restante_sockets_opened_total", "WebSockets ever opened.", "counter", opened);
        out.single("restante_sockets_open", "WebSockets open now.", "gauge", open);
        out.resident();
        out.0
    }

    fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}
