//! Notifications: the general ack (RFC 0015), and the type under which most agents send problem reports (RFC 0035).

mod v1_0;

pub(crate) use v1_0::PROTOCOL;
pub use v1_0::V1_0;
