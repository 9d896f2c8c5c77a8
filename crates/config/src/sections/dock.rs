use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::setting::section;
use crate::values::{ByteSize, DockBackend, Secret};

section! {
    /// `restante dock`, which holds sockets for somebody else. Limits per address, head and time are those of `transport`.
    Dock "dock" {
        /// The address and port that sockets are served on, at `/ws` and `/`.
        listen: SocketAddr = "127.0.0.1:8765";
        /// The address and port that the backend sends to. Without it that is the port of the sockets, as with SocketDock: then everybody
        /// who reaches the one reaches the other. With the backend `store` nobody sends to it, and there is only `/status`.
        private_listen: Option<SocketAddr> = "";
        /// Who stands behind the dock: `http`, which is called back; `store`, mediators that share its store; or `loopback`, which answers by
        /// itself.
        backend: DockBackend = "loopback";
        /// The base of the URIs by which the backend reaches a socket of this very dock. The address of the private port, if not set.
        endpoint: Option<String> = "";
        /// Where new sockets are announced. They are not, if it is not set.
        connect_uri: Option<String> = "";
        /// Where messages are sent.
        message_uri: Option<String> = "";
        /// Where the ends of sockets are announced. They are not, if it is not set.
        disconnect_uri: Option<String> = "";
        /// Keys to sign callbacks with, of 16 characters at least, with spaces between. Each callback carries a signature for each key.
        keys: Option<Secret> = "", secret true;
        /// The key that the backend has to show. Without it, knowing a socket's id is enough.
        bearer: Option<Secret> = "", secret true;
        /// Certificates that the backend's may be signed by, beside those that this machine trusts, PEM.
        cacerts: Option<PathBuf> = "";
        /// Whether binary messages that are no text are passed on in base64, with `meta.encoding`. Else their socket is closed with 1003.
        base64: bool = "false";
        /// Whether a send to a socket that is not there is answered with 500, as SocketDock does, and not with 404.
        unknown_is_500: bool = "false";
        /// The largest message, either way.
        frame_bytes: ByteSize = "4MiB";
        /// Bytes that may wait for one socket's peer to read them. More are answered with 503.
        outbox_bytes: ByteSize = "4MiB";
        /// Bytes of one socket that may wait for the backend. While there are more, the socket is not read.
        inbox_bytes: ByteSize = "1MiB";
        /// A socket that was silent for so long is pinged.
        ping_every: Duration = "20s";
        /// How long the answer may take.
        ping_patience: Duration = "20s";
        /// A socket without a message either way for so long is closed. Never, if not set.
        idle: Option<Duration> = "";
        /// Callbacks at the same time, and connections to the backend, which are kept. Further callbacks wait their turn, for `patience` at most.
        parallel: usize = "256";
        /// How long one callback may take.
        timeout: Duration = "30s";
        /// The first wait after a callback that failed. Each further one doubles, with jitter.
        retry_first: Duration = "100ms";
        /// The longest wait after a callback that failed.
        retry_most: Duration = "5s";
        /// How long a callback is tried again before its socket is closed with 1013.
        patience: Duration = "30s";
    }
}

impl Dock {
    pub(crate) fn check(&self) -> Option<String> {
        if self.backend == DockBackend::Http && self.message_uri.is_none() {
            return Some("`dock.backend` is http, and `dock.message_uri` does not say where messages are to be sent".to_owned());
        }
        if self.private_listen == Some(self.listen) && self.listen.port() != 0 {
            return Some("`dock.private_listen` and `dock.listen` are the same: leave the first one out to share the port".to_owned());
        }
        None
    }
}
