//! A Redis Cluster.

mod migration;
mod one_node;
mod replicas;
mod topology;

use crate::wait::until;
use crate::{RedisServer, RedisSpec, free_port};

pub use migration::Migration;

/// Three primaries with a replica each. A node that does not answer for two seconds (the default is 15) counts as failed.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

pub(crate) const PRIMARIES: usize = 3;
const NODES: usize = 2 * PRIMARIES;

/// The nodes may all start at once and take each other's ports; other tests too.
const TRIES: usize = 5;

impl RedisCluster {
    /// Starts one that keeps nothing on disk, and waits until it takes writes and every replica follows.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start() -> Self {
        Self::start_with(RedisSpec::plain()).await
    }

    /// The same with other settings in every node.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with(spec: RedisSpec) -> Self {
        let mut cluster = None;
        for _ in 0..TRIES {
            cluster = Self::launch(&spec).await;
            if cluster.is_some() {
                break;
            }
        }
        let cluster = cluster.expect("the nodes find free ports");
        cluster.until_ok().await;
        cluster
    }

    /// One of its URLs; a client learns the others there.
    pub fn url(&self) -> String {
        self.alive().next().expect("a node is alive").url()
    }

    /// The URLs of all nodes.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// All nodes, dead ones too. At the start the first half are primaries.
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// A node that is alive. It answers [`RedisServer::cli`] for its own slots only.
    ///
    /// # Panics
    /// If all are dead.
    pub fn node(&self) -> &RedisServer {
        self.alive().next().expect("a node is alive")
    }

    /// Says something to whoever has this key, and returns what it answers.
    ///
    /// # Panics
    /// If nobody has it.
    pub async fn cli(&self, key: &str, words: &[&str]) -> String {
        self.nodes[self.primary_of(key).await].cli(words).await
    }

    /// The place in [`RedisCluster::nodes`] of the primary that has this key.
    ///
    /// # Panics
    /// If nobody has it.
    pub async fn primary_of(&self, key: &str) -> usize {
        let slot = self.slot_of(key).await;
        let nodes = self.node().cli(&["CLUSTER", "NODES"]).await;
        let port = topology::owner(&nodes, slot).expect("somebody has the slot");
        self.place_of(port)
    }

    /// Kills the primary that has this key, and returns its place. Its replica takes over after the node time-out.
    ///
    /// # Panics
    /// If nobody has it.
    pub async fn kill_primary_of(&mut self, key: &str) -> usize {
        let place = self.primary_of(key).await;
        self.nodes[place].kill().await;
        place
    }

    /// Waits until a node other than `dead` has this key and takes writes.
    ///
    /// # Panics
    /// If that does not happen.
    pub async fn until_taken_over(&self, key: &str, dead: usize) {
        until("a replica takes over", async || {
            self.primary_of(key).await != dead && self.all_say("cluster_state:ok").await
        })
        .await;
    }

    /// Starts all nodes that are dead, and waits until everything is well.
    ///
    /// # Panics
    /// If that does not happen.
    pub async fn heal(&mut self) {
        for node in self.nodes.iter_mut().filter(|node| !node.is_running()) {
            node.restart().await;
        }
        self.until_ok().await;
    }

    /// Stops all nodes and starts them again.
    ///
    /// # Panics
    /// If that does not work.
    pub async fn restart(&mut self) {
        for node in self.nodes.iter_mut().filter(|node| node.is_running()) {
            node.stop().await;
        }
        self.heal().await;
    }

    /// Waits until all living nodes agree that all slots are served, and every replica follows its primary.
    ///
    /// # Panics
    /// If that does not happen.
    pub async fn until_ok(&self) {
        until("the cluster is well", async || self.all_say("cluster_state:ok").await).await;
        until("the replicas follow", async || self.all_follow().await).await;
    }

    /// Begins to move the slot of this key to another primary.
    ///
    /// # Panics
    /// If the cluster refuses.
    pub async fn migrate(&self, key: &str) -> Migration<'_> {
        Migration::begin(self, key).await
    }

    async fn launch(spec: &RedisSpec) -> Option<Self> {
        let ports: Vec<(u16, u16)> = (0..NODES).map(|_| (free_port(), free_port())).collect();
        let mut nodes = Vec::new();
        for (place, (port, bus)) in ports.iter().enumerate() {
            let mut node = RedisServer::prepare(member(spec, *bus), *port);
            let plan = topology::plan(spec.host(), &ports, place);
            std::fs::write(node.directory().join("nodes.conf"), plan).expect("a plan is written");
            node.launch().await.then_some(())?;
            nodes.push(node);
        }
        Some(Self { nodes })
    }

    async fn slot_of(&self, key: &str) -> u16 {
        let slot = self.node().cli(&["CLUSTER", "KEYSLOT", key]).await;
        slot.parse().expect("a slot is a number")
    }

    fn place_of(&self, port: u16) -> usize {
        let place = self.nodes.iter().position(|node| node.port() == port);
        place.expect("the cluster has no other nodes")
    }

    fn alive(&self) -> impl Iterator<Item = &RedisServer> {
        self.nodes.iter().filter(|node| node.is_running())
    }

    async fn all_say(&self, line: &str) -> bool {
        for node in self.alive() {
            let info = node.cli(&["CLUSTER", "INFO"]).await;
            if !info.lines().any(|said| said.trim() == line) {
                return false;
            }
        }
        true
    }

    async fn all_follow(&self) -> bool {
        for node in self.alive() {
            let info = node.cli(&["INFO", "replication"]).await;
            if info.contains("role:slave") && !info.contains("master_link_status:up") {
                return false;
            }
        }
        true
    }
}

fn member(spec: &RedisSpec, bus: u16) -> RedisSpec {
    spec.clone()
        .with("cluster-enabled", "yes")
        .with("cluster-config-file", "nodes.conf")
        .with("cluster-node-timeout", "2000")
        .with("cluster-port", &bus.to_string())
        // However long a replica was without its primary, it may take over: nobody else can.
        .with("cluster-replica-validity-factor", "0")
        .with("repl-diskless-sync-delay", "0")
}
