use std::time::Duration;

use crate::setting::section;
use crate::values::ByteSize;

section! {
    /// What strangers may cost.
    Transport "transport" {
        /// The largest HTTP request head, 8KiB at least.
        header_bytes: ByteSize = "16KiB";
        /// How long a request head may take to arrive.
        header_timeout: Duration = "10s";
        /// The largest posted envelope.
        body_bytes: ByteSize = "1MiB";
        /// How long a posted envelope may take to arrive.
        body_timeout: Duration = "30s";
        /// The largest envelope on a WebSocket.
        frame_bytes: ByteSize = "1MiB";
        /// How long a connection may rest between two requests. Longer than a proxy in front keeps its own idle connections.
        idle: Duration = "100s";
        /// How long a TLS handshake may take.
        handshake_timeout: Duration = "10s";
        /// How long one message may take to go out on a WebSocket, and an answer may make no progress over HTTP, before the peer
        /// counts as gone.
        write_timeout: Duration = "30s";
        /// How long a peer may take to agree to the end of a WebSocket.
        close_timeout: Duration = "5s";
        /// How long a peer's TCP may take to acknowledge mail in a response that the wallet itself cannot acknowledge.
        receipt_timeout: Duration = "10s";
        /// HTTP connections at the same time; those that became WebSockets count there. More of them wait.
        connections: usize = "10000";
        /// HTTP connections at the same time from one address (IPv6: one /64). More of them are cut. 512, if not
        /// set, but no limit where everybody may come from one address: at docks and relays without `listen.proxies`, at mediators
        /// that do not speak the TLS of their https public URL, and name no proxies either. Never a limit: connections of
        /// proxies that are named, and those to a dock without `dock.private_listen`, for its backend's are among them.
        connections_per_address: Option<usize> = "";
        /// WebSockets at the same time. More of them are answered with 503.
        sockets: usize = "50000";
        /// WebSockets at the same time from one address (IPv6: one /64). More of them are answered with 429. 512,
        /// if not set, but no limit where everybody may come from one address, as with connections. Behind proxies that are
        /// named, wallets count.
        sockets_per_address: Option<usize> = "";
    }
}

impl Transport {
    /// Bytes of the largest envelope that can arrive.
    pub fn largest_message(&self) -> usize {
        self.body_bytes.max(self.frame_bytes).as_usize()
    }

    pub(crate) fn check(&self) -> Option<String> {
        (self.header_bytes < ByteSize(8 << 10))
            .then(|| "`transport.header_bytes` has to be 8KiB at least".to_owned())
    }
}
