//! The types that only settings have.

mod byte_size;
mod choice;
mod networks;
mod public_url;
mod secret;
mod store_url;

pub use byte_size::ByteSize;
pub use choice::{Level, LogFormat, Policy};
pub use networks::Networks;
pub use public_url::PublicUrl;
pub use secret::Secret;
pub use store_url::StoreUrl;
