//! What lies in Redis: names, and JSON with its payloads in padded base64url.
//!
//! JSON is written without blanks; the plug-in and the services that it came with write some, and read both. What cannot be read is a
//! [`Junk`], which never says what was in it.

mod admin;
mod answer;
mod inbound;
mod key_list;
mod names;
mod outbound;
pub mod payload;
mod webhook;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use admin::{AdminAnswer, AdminCall};
pub use answer::{Answer, AnswerData};
pub use inbound::{Inbound, TransportType};
pub use key_list::KeyList;
pub use names::{BadPrefix, DEFAULT_PREFIX, Maps, Names};
pub use outbound::{Outbound, Service};
pub use webhook::Webhook;

/// An entry that is not what its key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the entry is not {0}")]
pub struct Junk(pub &'static str);

/// The entry as it is written.
fn write<T: Serialize>(entry: &T) -> Vec<u8> {
    // Only maps with keys that are no text cannot be written, and there are none.
    serde_json::to_vec(entry).unwrap_or_default()
}

fn read<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, Junk> {
    serde_json::from_slice(bytes).map_err(|_| Junk(what))
}

/// Makes `to_bytes` and `from_bytes` of an entry.
macro_rules! entry {
    ($Entry:ident, $what:literal) => {
        impl $Entry {
            /// The entry as it lies in Redis.
            #[must_use]
            pub fn to_bytes(&self) -> Vec<u8> {
                $crate::wire::write(self)
            }

            /// Reads an entry.
            ///
            /// # Errors
            /// Everything that does not have the fields, each of its type.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::wire::Junk> {
                $crate::wire::read(bytes, $what)
            }
        }
    };
}
use entry;
