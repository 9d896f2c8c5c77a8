//! Out-of-band invitations (RFC 0434): what a wallet scans, and the reuse of a connection that exists.

mod invitation;
mod link;
mod received;
mod reuse;
mod v1_0;
mod v1_1;

pub use invitation::Invitation;
pub use received::{InvitationError, ReceivedInvitation, Service};
pub use v1_0::V1_0;
pub use v1_1::V1_1;

#[cfg(test)]
mod tests;
