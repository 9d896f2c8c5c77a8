//! A dock: it holds wallets' sockets for somebody who cannot.
//!
//! A [`Dock`] is the [`Office`](crate::Office) of a port. Each socket gets a [`Berth`], by which whoever knows its [`BerthId`] can send
//! to it; what the socket brings goes to the [`Backend`], one message after the other.

mod backend;
mod berth;
mod berths;
mod call;
mod inbox;
mod office;
mod signs;
mod tally;

pub use backend::{Backend, Message, Turned};
pub use berth::{Berth, BerthId, Unsent};
pub use berths::Berths;
pub use office::{Dock, DockOptions};
pub use tally::{DockCount, DockTally};
