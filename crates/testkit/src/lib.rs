//! How we know.
//!
//! | part | is |
//! | --- | --- |
//! | [`Agent`] | a wallet or sender without I/O: keys, envelopes, the words of the protocols |
//! | [`simulation`] | a whole small world from one seed: mediators, stores, networks, wallets, senders, faults |
//! | [`Wallet`] | an agent over real HTTP and WebSockets |
//! | [`Endpoint`] | an agent with an address, which mail is pushed to |
//! | [`Site`] | anybody else with an address: an HTTP server that remembers what came |
//! | [`StandInDock`] | a dock that does what SocketDock does |
//! | [`Proxy`] | a network that can be made to fail |
//! | [`Server`], [`Fleet`] | the real binary, to be started, killed and started again: one, or several that share a store |
//! | [`Load`] | live wallets that always come back, and those who write to them |
//! | [`History`] | what was accepted and what was delivered, checked against the guarantees |
//!
//! Simulated recipients do not open inner envelopes: a [`Parcel`] only looks like one from outside, and its ciphertext says in
//! the clear which it is. Envelopes between agents and the mediator are real.
#![forbid(unsafe_code)]

mod client;
mod clock;
mod dock;
mod history;
mod load;
mod proxy;
mod server;
pub mod simulation;
mod site;

pub use client::{Endpoint, Frame, Posted, Socket, Take, Wallet};
pub use clock::RuntimeClock;
pub use dock::StandInDock;
pub use history::{Form, History, Line, Violation};
pub use load::{Gap, Load, Plan, Settled};
pub use proxy::{Flow, Proxy, Weather};
pub use server::{Fleet, Role, Server, ServerOptions};
pub use simulated::{
    Agent, Heard, Invited, Item, NotHeard, Parcel, Random, Request, Words, forward,
};
pub use site::{Came, Reply, Site};
