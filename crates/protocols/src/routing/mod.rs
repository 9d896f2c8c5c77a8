//! Routing (RFC 0094): pass an envelope on. It has no replies and no errors: a sender is not told who is known here.

mod v1_0;

pub use v1_0::V1_0;
pub(crate) use v1_0::read;

/// The protocol's name. Its messages are never answered.
pub(crate) const NAME: &str = "routing";

#[cfg(test)]
mod tests;
