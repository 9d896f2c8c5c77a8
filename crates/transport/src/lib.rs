//! How a message moves.
//!
//! One port takes everything ([`serve`]): envelopes by `POST /`, sockets by an upgrade on `/` or `/ws`, and a browser that wants to see
//! the invitation. What is behind the counter is an [`Office`]; what a browser or a probe sees comes from [`Pages`].
//! [`HttpWsCarrier`] is the way out, to agents that have an address.
//!
//! Everything a stranger can make us hold has a limit ([`Limits`]), and everything refused is counted ([`Tally`]). `docs/` lists each
//! bad input with its answer.
#![forbid(unsafe_code)]

mod carrier;
mod media;
mod office;
mod options;
mod server;
mod socket;
mod tally;

pub use carrier::{CarrierOptions, HttpWsCarrier};
pub use office::{Office, Page, Pages};
pub use options::{Drain, Limits, ServeOptions};
pub use server::serve;
pub use server::tls::{Certificates, TlsFiles};
pub use socket::Socket;
pub use tally::{Count, Tally};
