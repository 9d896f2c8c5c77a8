//! The promises of the traits, kept by a real PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use servers::{PgSpec, Postgres};
use store::conformance::{Engine, Fixture, ManualClock};
use store::{Stores, Timestamp};
use store_postgres::{Options, PostgresStore};

store::conformance!(together on_the_shared_server, on_a_server_of_its_own);

struct InPostgres {
    url: String,
    server: Option<Postgres>,
    clock: Arc<ManualClock>,
}

#[async_trait]
impl Engine for InPostgres {
    async fn instance(&self) -> Stores {
        let options = Options { max_connections: 4, ..Options::new(self.url.clone()) };
        let store = PostgresStore::connect(options, self.clock.clone()).await;
        Stores::of(store.expect("the server lets us in"))
    }

    async fn restart(&mut self) {
        let server = self.server.as_mut().expect("a server that may be restarted");
        // What starts servers may not be sent between threads.
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(server.restart());
        });
    }

    async fn lose_wakes(&self) {
        let server = self.server.as_ref().expect("a server of our own");
        let name = self.url.rsplit('/').next().expect("a database");
        // The connections that listen tell that they live on the way.
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%beat(%' and pid <> pg_backend_pid()";
        server.sql(name, cut).await;
    }
}

async fn on_the_shared_server() -> Fixture {
    fixture(Postgres::shared().await.database().await, None).await
}

async fn on_a_server_of_its_own() -> Fixture {
    let server = Postgres::start(PgSpec::plain()).await;
    fixture(server.database().await, Some(server)).await
}

async fn fixture(url: String, server: Option<Postgres>) -> Fixture {
    let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
    Fixture::new(InPostgres { url, server, clock: clock.clone() }, clock).await
}
