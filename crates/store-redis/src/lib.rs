//! Everything mediators keep, in a Redis or a Redis Cluster that many of them share.
#![forbid(unsafe_code)]

mod bus;
mod cache;
mod connect;
mod connect_error;
mod connections;
mod dead_letters;
mod door;
mod doubts;
mod engine;
mod errors;
mod info;
mod instances;
mod keylists;
mod lane;
mod mailbox;
mod names;
mod options;
mod presence;
mod queue;
mod redis_access;
mod redis_store;
mod scan;
mod script;
mod settings;
mod shared;
mod slots;
mod wake;

pub use connect_error::ConnectError;
pub use options::{Credentials, DEFAULT_MAX_CONNECTIONS, DEFAULT_PREFIX, Options, Ssl};
pub use redis_access::Redis;
pub use redis_store::RedisStore;
pub use script::{Call, Script};
pub use settings::{Promise, Settings};
