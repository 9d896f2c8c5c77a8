//! Agents over real HTTP and WebSockets.

mod endpoint;
mod posted;
mod socket;
mod wallet;

pub use endpoint::{Endpoint, Take};
pub use posted::Posted;
pub use socket::{Frame, Socket};
pub use wallet::Wallet;
