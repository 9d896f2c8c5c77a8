//! The types that only settings have.

mod addresses;
mod binds;
mod byte_size;
mod choice;
mod networks;
mod public_url;
mod secret;
mod server_url;
mod store_url;

pub use addresses::Addresses;
pub use binds::Binds;
pub use byte_size::ByteSize;
pub use choice::{Answering, DockBackend, Level, LogFormat, Policy, Sockets};
pub use networks::Networks;
pub use public_url::PublicUrl;
pub use secret::Secret;
pub use server_url::{PostgresUrl, RedisUrl};
pub use store_url::StoreUrl;
