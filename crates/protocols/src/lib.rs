//! What a message asks for.
//!
//! A protocol version is a [`Dialect`]: it turns a plaintext into a [`Command`] and a [`Reply`] into a plaintext. The mediator
//! knows commands and replies only, so that its behaviour is written once for all versions.
//!
//! ```text
//! plaintext → decode → Inbound { head, command, dialect } → (mediator) → Reply → dialect.encode → plaintext
//! ```
//!
//! Everything here is pure: no I/O, no clock, no randomness. Ids, times and keys are arguments.
//!
//! # To add a protocol version
//!
//! 1. Make a file `<protocol>/v<major>_<minor>.rs` with a unit type that implements [`Dialect`].
//! 2. Add it to [`DIALECTS`]; from then on it is decoded, and disclosed by discover-features.
//! 3. If it asks for something new, add a [`Command`] and a [`Reply`]; the compiler names the places to extend.
#![forbid(unsafe_code)]

mod command;
mod dialect;
mod fault;
mod handshake;
pub mod limits;
mod message;
mod reply;
#[cfg(test)]
mod testing;
mod time;
mod wire;

pub mod basic_message;
pub mod client;
pub mod connections;
pub mod coordinate_mediation;
pub mod did_exchange;
pub mod discover_features;
pub mod notification;
pub mod out_of_band;
pub mod pickup;
pub mod report_problem;
pub mod routing;
pub mod trust_ping;

pub use command::{
    Action, Command, ConnectRequest, FeatureKind, FeatureQuery, Forward, Handshake, Inbound,
    KeyFilter, KeyUpdate, Page, Report,
};
pub use dialect::{DIALECTS, Dialect, Protocol, decode};
pub use fault::{DecodeError, Fault};
pub use message::{Head, Kind, Prefix, ReturnRoute};
pub use reply::{
    Attached, ConnectResponse, Disclosure, KeyResult, KeyUpdated, PageInfo, PickupStatus, Reply,
};
pub use report_problem::Problem;
