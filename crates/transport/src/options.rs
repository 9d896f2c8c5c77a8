//! What may be set about the port. Where it comes from is the business of `config`.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Certificates, Network, Pages, Tally};

/// How to serve one port.
#[derive(Clone)]
pub struct ServeOptions {
    /// What strangers may use.
    pub limits: Limits,
    /// Speak TLS with these certificates; plain TCP if absent.
    pub tls: Option<Arc<Certificates>>,
    /// Reverse proxies in front of us: not limited as neighbours, and believed when they say whom they speak for.
    pub proxies: Vec<Network>,
    /// What a browser sees.
    pub pages: Arc<dyn Pages>,
    /// Where refusals are counted.
    pub tally: Arc<Tally>,
}

/// What strangers may use. All of it is checked before, or while, it is spent.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one request's head; 8 KiB at least.
    pub header_bytes: usize,
    /// Header lines of one request.
    pub header_count: usize,
    /// From a request's first byte (of a fresh connection: from its acceptance) to the end of its head.
    pub header_timeout: Duration,
    /// Bytes of one body.
    pub body_bytes: usize,
    /// From the end of the head to the end of the body.
    pub body_timeout: Duration,
    /// How long a connection may rest between two requests. Longer than the pools of our senders keep theirs, lest
    /// they post into a connection that we are just closing.
    pub idle: Duration,
    /// Bytes of one WebSocket message, and of one frame.
    pub frame_bytes: usize,
    /// The TLS handshake.
    pub handshake_timeout: Duration,
    /// How long one message may take to go out on a socket (a second more for each 8 KiB of it), and an answer may make no
    /// progress over HTTP, before the peer counts as gone.
    pub write_timeout: Duration,
    /// How long a peer may take to agree to the end of a socket.
    pub close_timeout: Duration,
    /// HTTP connections in all; one that became a socket counts there. Beyond it none is accepted: they wait in the kernel's
    /// backlog.
    pub connections: usize,
    /// HTTP connections of one address (IPv6: of one /64). Beyond it a connection is cut without a word, because many senders take any status
    /// for success.
    pub connections_per_address: usize,
    /// Sockets in all. Beyond it the upgrade is answered with 503.
    pub sockets: usize,
    /// Sockets of one address (IPv6: of one /64). Beyond it the upgrade is answered with 429.
    pub sockets_per_address: usize,
    /// How long a peer's TCP may take to acknowledge mail that the wallet itself cannot acknowledge.
    pub receipt_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 16 * 1024,
            header_count: 64,
            header_timeout: Duration::from_secs(10),
            body_bytes: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            idle: Duration::from_secs(100),
            frame_bytes: 1024 * 1024,
            handshake_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
            connections: 10_000,
            connections_per_address: 512,
            sockets: 50_000,
            sockets_per_address: 512,
            receipt_timeout: Duration::from_secs(10),
        }
    }
}

/// How the end comes.
#[derive(Debug, Clone)]
pub struct Drain {
    /// Fires when the port is to end. From there on it is not ready, takes no new sockets and closes those it has.
    pub begin: CancellationToken,
    /// How long the closing of sockets is spread over, if there are many. Requests are served until it is done. No more than half
    /// the patience counts.
    pub spread: Duration,
    /// How long from the beginning until what is left is cut.
    pub patience: Duration,
}
