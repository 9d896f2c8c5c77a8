use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::setting::section;
use crate::values::{Answering, Binds, Secret};

section! {
    /// `restante relay`: what comes over HTTP and WebSocket goes into ACA-Py's lists in Redis.
    Relay "relay" {
        /// Where it listens, if not at `listen.address`: addresses with ports, or the list that ACA-Py's relay takes, such as
        /// `[["http", "0.0.0.0", "8021"], ["ws", "0.0.0.0", "8023"]]`. Every port takes both HTTP and WebSocket.
        inbound: Binds = "";
        /// Messages that may wait for one key. Beyond it a message is answered with 507.
        messages_per_key: usize = "10000";
        /// Keys that may be assigned in all. Each takes an instance of the plug-in 0.4 s a round, whether mail waits for it or not.
        keys: usize = "100000";
        /// A file with the keys of the agents, one a line; mail for others is answered with 404. It is read again for a key that is
        /// not in it.
        keys_file: Option<PathBuf> = "";
        /// The URL of an agent's admin API, to learn its keys from; mail for others is answered with 404.
        keys_admin: Option<String> = "";
        /// The key to that API.
        keys_admin_key: Option<Secret> = "", secret true;
        /// How long a message is held while Redis is away, before its connection is cut.
        store_patience: Duration = "10s";
        /// From one look over the assignment of keys to the next.
        look_every: Duration = "2s";
        /// How long mail may wait at an instance of the plug-in that shows no life before others get its keys; 0.4 s for each of its
        /// keys come on top.
        silence: Duration = "15s";
        /// Whether agents answer on the way that a message came: never, on sockets alone, or on posts too. Unmodified plug-ins stop for
        /// ever when they are asked to.
        answers: Answering = "never";
        /// How long a post waits for such an answer.
        answer_patience: Duration = "15s";
        /// A second port, for agents and controllers alone: it takes webhooks (`POST …/topic/{topic}/`), and passes `/admin/…` on. Off if
        /// not set.
        private_listen: Option<SocketAddr> = "";
        /// Whether calls of `/admin/…` at the private port are passed on to a deliverer, which executes them.
        admin: bool = "false";
        /// How long such a call may take.
        admin_timeout: Duration = "30s";
        /// Webhooks that may wait for controllers. Beyond it they are answered with 503.
        webhooks: usize = "100000";
        /// Partitions of the streams into which messages go instead of lists, for agents that read those. Lists if not set.
        streams: Option<usize> = "";
        /// Whether agents with `mediator_mode` push to lists of their own (`acapy_outbound_<key>`): what lies there is carried over to the
        /// inbound list of the key.
        carry_over: bool = "false";
    }
}

impl Relay {
    pub(crate) fn check(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        if self.keys_file.is_some() && self.keys_admin.is_some() {
            complaints.push("set one of `relay.keys_file` and `relay.keys_admin`".to_owned());
        }
        if self.streams.is_some_and(|parts| parts > 16_384) {
            complaints.push("`relay.streams` is 16384 at most".to_owned());
        }
        complaints
    }
}
