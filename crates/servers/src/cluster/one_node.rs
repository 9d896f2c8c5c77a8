use crate::wait::until;
use crate::{RedisServer, RedisSpec, free_port};

impl RedisServer {
    /// Starts one that is a cluster by itself: in cluster mode, with all slots. Clients that know only clusters are content with it.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_as_cluster(spec: RedisSpec) -> Self {
        let bus = free_port().to_string();
        let spec = spec.with("cluster-enabled", "yes").with("cluster-port", &bus);
        let server = Self::start(spec).await;
        let given = server.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
        assert_eq!(given, "OK", "the node takes all slots");
        until("the cluster is well", async || {
            server.cli(&["CLUSTER", "INFO"]).await.contains("cluster_state:ok")
        })
        .await;
        server
    }
}
