//! What several instances that share a Redis owe each other, beyond the promises of the traits.

mod cache;
mod failover;
mod keylists;
mod proxy;
mod support;
