//! Message pickup: how a wallet gets its mail (RFC 0212, RFC 0685, message-pickup 4.0).
//!
//! | | 1.0 | 2.0 | 4.0 over v1 |
//! | --- | --- | --- | --- |
//! | acknowledged | no | yes | yes |
//! | filter | none | `recipient_key` | `recipient_did` |
//! | nothing waiting | empty `batch` | `status` | empty `delivery` |
//! | times | text | text | milliseconds |

mod delivery;
mod request;
mod v1_0;
mod v2_0;
mod v4_0;

pub use v1_0::V1_0;
pub use v2_0::V2_0;
pub use v4_0::V4_0;

#[cfg(test)]
mod tests;
