//! What an operator may say.
//!
//! A *setting* is a value: its name, help, default, environment variable and flag stand in one place, the
//! [`section!`](crate::setting) tables under `sections/`, and everything else is made from them: the parser, the command
//! line's flags, the default file and the reference page.
//!
//! Sources, each overruling the one before: the defaults, the TOML file, the environment, the command line.
//!
//! # To add a setting
//!
//! 1. Add a line with its help, type and default to the section's table.
//! 2. Use the field where `app` builds what it configures.
//! 3. Run `just reference`.
#![forbid(unsafe_code)]

mod engines;
mod layers;
mod load;
mod problem;
mod render;
mod sections;
mod setting;
mod toml_file;
mod value;
mod values;

pub use engines::{Engine, Login};
pub use layers::{Source, Spoken};
pub use load::{FlagValue, Loaded, Sources, load};
pub use problem::{Problem, Problems};
pub use render::{default_file, in_force, reference};
pub use sections::{
    Acapy, Admin, Config, Deliverer, Dock, Docks, Identity, Instance, Invitation, Listen, Log,
    Mailbox, Mediation, Outbound, Pickup, Postgres, PostgresCredentials, PostgresSsl, Redis,
    RedisCredentials, RedisSsl, Relay, Shutdown, Spool, Store, Tls, Transport,
};
pub use setting::{SectionInfo, Setting, find, flags, sections, settings};
pub use value::Value;
pub use values::{
    Addresses, Answering, Binds, ByteSize, DockBackend, Level, LogFormat, Networks, Policy,
    PostgresUrl, PublicUrl, RedisUrl, Secret, Sockets, StoreUrl,
};
