//! The servers that tests need, started by the tests themselves.
//!
//! | type | is |
//! | --- | --- |
//! | [`RedisServer`] | one Redis: plain, or with TLS and a user of its own, with any settings |
//! | [`RedisCluster`] | three primaries with a replica each |
//! | [`Postgres`] | one PostgreSQL, with a fresh database for each test that wants one |
//! | [`Balancer`] | HAProxy or nginx before some backends |
//! | [`Job`], [`Child`] | any program that has to end when the test does |
//! | [`Namespace`] | a network of its own for a program, with a line that can be cut |
//! | [`libfaketime`] | another time for a program |
//!
//! Each listens on 127.0.0.1, unless a test says otherwise, on a port of its own and keeps its files in a directory of its own. It ends when its value is
//! dropped, and also when the test panics or is killed. The programs come from the system's packages; one that is missing
//! fails the test with the command that installs it.
#![forbid(unsafe_code)]

mod balancer;
mod cluster;
mod namespace;
mod port;
mod postgres;
mod process;
mod redis;
mod wait;

pub use balancer::Balancer;
pub use cluster::{Migration, RedisCluster};
pub use namespace::Namespace;
pub use port::free_port;
pub use postgres::{PgSpec, Postgres};
pub use process::{Child, Job, libfaketime};
pub use redis::{Access, Certificates, RedisServer, RedisSpec};
