//! Streams in place of lists, for agents that want every message at least once.
//!
//! What pops from a list has lost it if it dies before it is done. In a stream an entry stays until it was acknowledged, and another
//! consumer of the group takes over what a dead one has read. The values are those of the lists ([`crate::wire`]), each in one field:
//!
//! | key | field | written by | read by |
//! | --- | --- | --- | --- |
//! | `<prefix>_inbound_stream_<partition>` | [`INBOUND`], [`KID`] | relays | agents, as a consumer group |
//! | `{<prefix>_outbound}:stream` | [`OUTBOUND`] | agents | deliverers |
//! | `<prefix>_webhooks` | [`WEBHOOK`] | relays | controllers, each kind of them as a consumer group |
//! | `<prefix>_admin_calls` | [`ADMIN_CALL`] | relays, or whoever calls | deliverers |
//!
//! Messages for one key lie in one partition, in their order ([`partition_of`]).

mod inbound;
mod trim;

pub use inbound::{InboundStreams, Kept, partition_of};
pub(crate) use trim::trim;

/// The field that holds a [`wire::Inbound`](crate::wire::Inbound).
pub const INBOUND: &str = "inbound";

/// The field that names the key a message is sealed for.
pub const KID: &str = "kid";

/// The field that holds a [`wire::Outbound`](crate::wire::Outbound).
pub const OUTBOUND: &str = "outbound";

/// The field that holds a [`wire::Webhook`](crate::wire::Webhook).
pub const WEBHOOK: &str = "webhook";

/// The field that holds a [`wire::AdminCall`](crate::wire::AdminCall).
pub const ADMIN_CALL: &str = "call";
