//! Several instances that share an engine.

mod engine;

mod acknowledged_elsewhere;
mod any_instance;
mod clock_jump;
mod cluster_failover;
mod delivered_elsewhere;
mod engine_away;
mod flapping;
mod full_engine;
mod instance_killed;
mod keylist_elsewhere;
mod load_balancer;
mod mixed;
mod on_a_cluster;
mod partition;
mod postmen;
mod promises;
mod restarted;
mod rolling_restart;
mod spool;
mod stopped;
mod two_sockets;
mod unplugged;

/// Promises that hold whichever engine the instances share: a test of each with Redis, and one with a database of its own.
macro_rules! with_every_engine {
    ($($promise:ident),+ $(,)?) => { crate::many::with_engines!(postgres, $($promise),+); };
}

/// The same for promises that need an engine that may be stopped and killed.
macro_rules! with_own_engines {
    ($($promise:ident),+ $(,)?) => { crate::many::with_engines!(own_postgres, $($promise),+); };
}

macro_rules! with_engines {
    ($postgres:ident, $($promise:ident),+) => {
        mod with_redis {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$promise(crate::many::engine::Engine::redis().await).await;
            })+
        }

        mod with_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                super::$promise(crate::many::engine::Engine::$postgres().await).await;
            })+
        }
    };
}

use {with_engines, with_every_engine, with_own_engines};
