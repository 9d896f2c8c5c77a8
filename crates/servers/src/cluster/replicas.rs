//! Replicas that are left behind.

use super::{RedisCluster, topology};

impl RedisCluster {
    /// Cuts the replica of the primary that has this key off from it: from now on it gets nothing, and answers nobody until it is
    /// resumed. Returns its place in [`RedisCluster::nodes`].
    ///
    /// # Panics
    /// If there is no such replica.
    pub async fn strand_replica_of(&self, key: &str) -> usize {
        let primary = &self.nodes[self.primary_of(key).await];
        let nodes = primary.cli(&["CLUSTER", "NODES"]).await;
        let port = topology::replica_of(&nodes, primary.port()).expect("it has a replica");
        let replica = self.place_of(port);
        // What is on its way already arrives, be it awake or not. Without a link nothing is.
        self.nodes[replica].pause();
        let dropped = primary.cli(&["CLIENT", "KILL", "TYPE", "replica"]).await;
        assert_eq!(dropped, "1", "the primary has another number of replicas");
        replica
    }
}
