//! How much of anything a peer may send. Whatever is larger is refused before it is looked at closely.

/// Bytes of one plaintext. The transport's own limit is lower; this one holds for every caller.
pub const PLAINTEXT: usize = 4 << 20;

/// Bytes of an `@id` or `thid`. RFC 0020 recommends a UUID (36).
pub const ID: usize = 512;

/// Bytes of a `pthid`, which may be a whole DID (RFC 0023, implicit invitations).
pub const PARENT_ID: usize = 16 << 10;

/// Bytes of an `@type`.
pub const TYPE: usize = 512;

/// Bytes of the `to` of a forward: a long did:peer:4 with a fragment at most.
pub const DESTINATION: usize = 20 << 10;

/// Entries of one `keylist-update`.
pub const KEY_UPDATES: usize = 1_000;

/// Ids in one `messages-received` or `list-pickup`.
pub const MESSAGE_IDS: usize = 10_000;

/// Queries in one discover-features message.
pub const FEATURE_QUERIES: usize = 64;

/// Bytes of one discover-features pattern.
pub const FEATURE_PATTERN: usize = 512;

/// Bytes of a handshake message with its DID document.
pub const HANDSHAKE: usize = 128 << 10;

/// Characters kept of a peer's label or problem text.
pub const LABEL: usize = 256;

/// Bytes of an invitation, and of the query value that carries it.
pub const INVITATION: usize = 64 << 10;
