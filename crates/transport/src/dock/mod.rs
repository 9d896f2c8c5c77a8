//! A dock: it holds wallets' sockets for somebody who cannot.
//!
//! A [`Dock`] is the [`Office`](crate::Office) of a port. Each socket gets a [`Berth`], by which whoever knows its [`BerthId`] can send
//! to it; what the socket brings goes to the [`Backend`], one message after the other. [`http::HttpBackend`] calls somebody back as
//! SocketDock does, and [`Private`] is where that somebody sends from.

mod backend;
mod berth;
mod berth_id;
mod berths;
mod call;
mod farewell;
pub mod http;
mod inbox;
mod loopback;
mod native;
mod office;
mod private;
pub mod signature;
mod signs;
mod tally;
mod work;

pub use backend::{Backend, Message, Turned};
pub use berth::{Berth, Unsent};
pub use berth_id::{BerthId, NotABerth};
pub use berths::Berths;
pub use loopback::Loopback;
pub use native::{NativeBackend, NativeQuay};
pub use office::{Dock, DockOptions};
pub use private::{Private, PrivateOptions};
pub use tally::{DockCount, DockTally};
