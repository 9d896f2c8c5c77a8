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
        idle: Duration = "75s";
        /// How long a TLS handshake may take.
        handshake_timeout: Duration = "10s";
        /// How long one message may take to go out on a WebSocket before its peer counts as gone.
        write_timeout: Duration = "30s";
        /// How long a peer may take to agree to the end of a WebSocket.
        close_timeout: Duration = "5s";
        /// How long a peer's TCP may take to acknowledge mail in a response that the wallet itself cannot acknowledge.
        receipt_timeout: Duration = "10s";
        /// Connections at the same time, WebSockets included. More of them wait.
        connections: usize = "50000";
        /// Connections at the same time from one address (IPv6: one /64). More of them are cut. Does not count behind a proxy, see `sockets_per_address`.
        connections_per_address: usize = "1024";
        /// WebSockets at the same time. More of them are answered with 503.
        sockets: usize = "50000";
        /// WebSockets at the same time from one address (IPv6: one /64). More of them are answered with 429. Does not count behind
        /// a proxy: that is, when the public URL is https and TLS is not spoken here.
        sockets_per_address: usize = "512";
    }
}

impl Transport {
    pub(crate) fn check(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.sockets > self.connections {
            complaints.push("`transport.sockets` is more than `transport.connections`, of which they are a part".to_owned());
        }
        if self.header_bytes < ByteSize(8 << 10) {
            complaints.push("`transport.header_bytes` has to be 8KiB at least".to_owned());
        }
        complaints
    }
}
