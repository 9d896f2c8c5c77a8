use std::time::Duration;

use crate::setting::section;
use crate::values::ByteSize;

section! {
    /// What strangers may cost.
    Transport "transport" {
        /// The largest HTTP request head.
        header_bytes: ByteSize = "16KiB";
        /// How long a request head may take to arrive.
        header_timeout: Duration = "10s";
        /// The largest posted envelope.
        body_bytes: ByteSize = "1MiB";
        /// How long a posted envelope may take to arrive.
        body_timeout: Duration = "30s";
        /// The largest envelope on a WebSocket.
        frame_bytes: ByteSize = "1MiB";
        /// A connection without a request is closed after so long.
        idle: Duration = "75s";
        /// Connections of all kinds at the same time.
        connections: usize = "20000";
        /// WebSockets at the same time.
        sockets: usize = "19000";
        /// WebSockets at the same time from one IP address.
        sockets_per_address: usize = "1000";
    }
}

impl Transport {
    pub(crate) fn check(&self) -> Option<String> {
        (self.sockets > self.connections).then(|| {
            "`transport.sockets` is more than `transport.connections`, of which they are a part"
                .to_owned()
        })
    }
}
