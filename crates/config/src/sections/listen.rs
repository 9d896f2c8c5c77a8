use std::net::SocketAddr;

use crate::setting::section;
use crate::values::{Networks, PublicUrl};

section! {
    /// Where the mediator listens, and where the world finds it.
    Listen "listen" {
        /// The address and port that everything is served on. Port 0 picks a free one.
        address: SocketAddr = "127.0.0.1:8080", flag "listen";
        /// The URL that agents are told to dial, if it is not the address itself: behind a proxy or a name. With https, agents
        /// are told to use wss for sockets, with http to use ws. A proxy has to take a path away.
        public_url: Option<PublicUrl> = "", flag "public-url";
        /// Reverse proxies in front. What they say in `X-Forwarded-For` is believed, and the limit of sockets per address counts their clients.
        /// Without it, and with an https public URL while TLS is not spoken here, there are no limits per address but those that are set.
        proxies: Networks = "", flag "proxies";
    }
}
