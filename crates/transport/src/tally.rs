//! What happened at the port, counted.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident => $label:literal,)*) => {
        /// Everything that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Count { $($(#[$doc])* $name,)* }

        impl Count {
            /// Every counter.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in a metric.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

counts! {
    /// TCP connections accepted.
    Connections => "connections",
    /// Connections cut because their address had too many.
    CrowdedAddress => "crowded_address",
    /// Times that accepting failed, for want of descriptors for example.
    AcceptFailures => "accept_failures",
    /// TLS handshakes that failed or took too long.
    TlsFailures => "tls_failures",
    /// Connections that spoke no HTTP, or broke it (400).
    MalformedRequests => "malformed_requests",
    /// Request heads over the limit (431), or with too many lines.
    HeadsTooLarge => "heads_too_large",
    /// Request heads that did not come in time.
    HeadTimeouts => "head_timeouts",
    /// Bodies that did not come in time (408).
    BodyTimeouts => "body_timeouts",
    /// Bodies over the limit (413).
    BodiesTooLarge => "bodies_too_large",
    /// Bodies that ended early.
    BodiesBroken => "bodies_broken",
    /// Content types refused (415).
    MediaTypes => "media_types",
    /// Paths that do not exist (404).
    UnknownPaths => "unknown_paths",
    /// Methods that a path does not have (405).
    Methods => "methods",
    /// Connections cut in place of an answer, because the store was away.
    Cuts => "cuts",
    /// Envelopes that came by POST.
    Posts => "posts",
    /// Upgrades that were no proper WebSocket handshake (400, 426).
    BadUpgrades => "bad_upgrades",
    /// Upgrades refused because there were too many sockets (503).
    SocketsFull => "sockets_full",
    /// Upgrades refused because their address had too many (429).
    SocketsCrowded => "sockets_crowded",
    /// Upgrades refused because the process was ending (503).
    SocketsTooLate => "sockets_too_late",
    /// Sockets opened.
    Sockets => "sockets",
    /// Messages on sockets over the limit (close code 1009).
    FramesTooLarge => "frames_too_large",
    /// Text on sockets that was no UTF-8 (close code 1007).
    FramesNotText => "frames_not_text",
    /// Sockets that broke the WebSocket protocol (close code 1002).
    FramesMalformed => "frames_malformed",
    /// Connections and sockets whose peer stopped reading.
    WritesStalled => "writes_stalled",
    /// Unacknowledgeable mail that the peer's TCP has taken.
    ReceiptsTaken => "receipts_taken",
    /// Unacknowledgeable mail that it has not.
    ReceiptsLost => "receipts_lost",
}

/// The port's counters. They only grow while the process lives.
#[derive(Debug)]
pub struct Tally {
    counts: Vec<AtomicU64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { counts: Count::ALL.iter().map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Tally {
    pub(crate) fn add(&self, count: Count) {
        self.counts[count as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often this happened.
    pub fn of(&self, count: Count) -> u64 {
        self.counts[count as usize].load(Ordering::Relaxed)
    }
}
