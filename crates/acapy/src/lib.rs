//! ACA-Py's queues in Redis: what lies in them, the relay that fills them and the deliverer that empties them.
//!
//! ACA-Py's `redis_events` plug-in takes an agent's sockets away from it. A *relay* stands in front and puts what comes into lists in Redis,
//! one for each key; the plug-in pops from them, and pushes what the agent sends to one list, from which a *deliverer* posts it to its
//! endpoint. This crate is both services, on the same keys and payloads ([`wire`]), so that unmodified plug-ins work with it.
//!
//! The plug-in's names lie in different slots of a cluster, and no name of ours can change that. What has to be one act is therefore about
//! one key, or about keys that are tagged with the name of the list that they stand beside.
#![forbid(unsafe_code)]

pub mod deliverer;
pub mod events;
mod health;
mod inspection;
mod lists;
pub mod private;
mod random;
pub mod relay;
pub mod streams;
mod turn;
pub mod wire;

pub use health::Health;
pub use inspection::{Misplaced, misplaced};
pub use lists::Seen;
