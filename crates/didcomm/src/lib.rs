//! What a message is: DIDComm v1 envelopes, the keys that open and seal them, DIDs and their documents, and signed
//! attachments.
//!
//! Everything here is pure: no network, no files, no clock. Every function that takes foreign bytes checks its limits
//! before it parses, and answers with an error, never a panic.

#![forbid(unsafe_code)]

pub mod attach;
pub mod base64;
pub mod crypto;
mod destination;
pub mod did;
pub mod document;
mod envelope;
mod keys;

pub use destination::{Destination, DestinationError};
pub use envelope::{
    Algorithm, Envelope, EnvelopeError, Limits, Opened, Peer, Sealed, Version, is_v2, seal_anon,
    seal_auth, version,
};
pub use keys::{KeyError, SecretKey, VerKey};
