//! Discover features (RFC 0031, RFC 0557). What is told comes from [`DIALECTS`](crate::DIALECTS), so it cannot be wrong.

mod disclose;
mod pattern;
mod v1_0;
mod v2_0;

pub use disclose::disclose;
pub use v1_0::V1_0;
pub use v2_0::V2_0;

#[cfg(test)]
mod tests;
