//! Agents over real HTTP and WebSockets.

mod endpoint;
mod socket;
mod wallet;

pub use endpoint::{Endpoint, Take};
pub use socket::{Frame, Socket};
pub use wallet::{Posted, Wallet};
