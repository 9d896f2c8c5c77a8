//! Mediator coordination (RFC 0211): may I be reached through you, and by which keys.

mod keylist;
mod v1_0;

pub use v1_0::V1_0;

#[cfg(test)]
mod tests;
