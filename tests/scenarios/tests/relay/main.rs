//! What a relay promises to agents whose plug-in pops from lists in Redis, asked of the real binary.
//!
//! [`plugin::Plugin`] does to Redis exactly what `redis_events` does.
#![forbid(unsafe_code)]

mod answers;
mod controllers;
mod dead_instance;
mod drop_in;
mod lost_data;
mod plugin;
mod refused;
mod several_relays;
mod world;
