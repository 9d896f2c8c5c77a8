//! Connections (RFC 0160), the handshake before DID exchange; old wallets still use it. We are the inviter.

mod request;
mod response;
mod signature;
mod v1_0;

pub(crate) use v1_0::PROTOCOL;
pub use v1_0::V1_0;

#[cfg(test)]
mod tests;
