use super::{RedisCluster, topology};
use crate::RedisServer;

/// A slot on its way from one primary to another. Clients are sent to and fro while it lasts.
#[derive(Debug)]
pub struct Migration<'a> {
    cluster: &'a RedisCluster,
    slot: String,
    from: &'a RedisServer,
    to: &'a RedisServer,
    to_id: String,
}

/// Keys that are moved at a time.
const AT_A_TIME: &str = "20";

/// How long one move may take, in milliseconds.
const MOVED_WITHIN: &str = "5000";

impl<'a> Migration<'a> {
    pub(super) async fn begin(cluster: &'a RedisCluster, key: &str) -> Self {
        let nodes = cluster.node().cli(&["CLUSTER", "NODES"]).await;
        let slot = cluster.slot_of(key).await;
        let from = topology::owner(&nodes, slot).expect("somebody has the slot");
        let to = topology::primaries(&nodes).into_iter().find(|port| *port != from);
        let to = to.expect("there is another primary");
        let id = |port| topology::id_at(&nodes, port).expect("every node has an id").to_owned();
        let node = |port| &cluster.nodes[cluster.place_of(port)];
        let migration =
            Self { cluster, slot: slot.to_string(), from: node(from), to: node(to), to_id: id(to) };
        migration.mark(migration.to, &["IMPORTING", &id(from)]).await;
        migration.mark(migration.from, &["MIGRATING", &migration.to_id]).await;
        migration
    }

    /// Moves the keys that are there now, some at a time.
    ///
    /// # Panics
    /// If the cluster refuses.
    pub async fn move_keys(&self) {
        loop {
            let keys = self.from.cli(&["CLUSTER", "GETKEYSINSLOT", &self.slot, AT_A_TIME]).await;
            let keys: Vec<&str> = keys.lines().filter(|key| !key.is_empty()).collect();
            if keys.is_empty() {
                return;
            }
            let port = self.to.port().to_string();
            let host = self.to.host();
            let head = ["MIGRATE", &host, &port, "", "0", MOVED_WITHIN, "KEYS"];
            let answer = self.from.cli(&[&head, keys.as_slice()].concat()).await;
            assert!(matches!(answer.as_str(), "OK" | "NOKEY"), "keys stay: {answer}");
        }
    }

    /// Moves what is left, and gives the slot away.
    ///
    /// # Panics
    /// If the cluster refuses.
    pub async fn finish(self) {
        self.move_keys().await;
        self.mark(self.to, &["NODE", &self.to_id]).await;
        self.mark(self.from, &["NODE", &self.to_id]).await;
        let others = topology::primaries(&self.cluster.node().cli(&["CLUSTER", "NODES"]).await);
        for port in others {
            let node = &self.cluster.nodes[self.cluster.place_of(port)];
            self.mark(node, &["NODE", &self.to_id]).await;
        }
    }

    async fn mark(&self, node: &RedisServer, what: &[&str]) {
        let head = ["CLUSTER", "SETSLOT", self.slot.as_str()];
        let answer = node.cli(&[&head, what].concat()).await;
        assert_eq!(answer, "OK", "the slot cannot be marked as {what:?}");
    }
}
