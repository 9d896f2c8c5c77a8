//! What a relay promises to agents whose plug-in pops from lists in Redis, asked of the real binary.
//!
//! [`plugin::Plugin`] does to Redis exactly what `redis_events` does.
#![forbid(unsafe_code)]

mod answers;
mod controllers;
mod dead_instance;
mod drop_in;
mod junk;
mod keys_of_agent;
mod lost_data;
mod mediators;
mod one_process;
mod plugin;
mod redis_away;
mod refused;
mod several_relays;
mod streams;
#[path = "../../tls_before.rs"]
mod tls_before;
mod tls_endpoints;
mod whole;
mod world;
