//! How a message moves.
//!
//! One port takes everything ([`serve`]): envelopes by `POST /`, sockets by an upgrade on `/` or `/ws`, and a browser that wants to see
//! the invitation. What is behind the counter is an [`Office`]; what a browser or a probe sees comes from [`Pages`].
//! [`HttpWsCarrier`] is the way out, to agents that have an address.
//!
//! Everything a stranger can make us hold has a limit ([`Limits`]), and everything refused is counted ([`Tally`]):
//!
//! | what comes | what it gets | counted as |
//! | --- | --- | --- |
//! | bytes that are no HTTP | 400 | `malformed_requests` |
//! | a head that is too long, or of too many lines | 431 | `heads_too_large` |
//! | a head that does not come, or drips | the end of the connection | `head_timeouts` |
//! | a content type that no envelope has | 415 | `media_types` |
//! | a body that is, or says it is, too large | 413 | `bodies_too_large` |
//! | a body that does not come | 408 | `body_timeouts` |
//! | a body that ends early | 400 | `bodies_broken` |
//! | another path; another method | 404; 405 | `unknown_paths`; `methods` |
//! | an envelope while the store is away | the end of the connection, without a status | `cuts` |
//! | an answer that is not read on | the end of the connection | `writes_stalled` |
//! | a connection too many, of one address | its end, without a status | `crowded_address` |
//! | a connection too many, of all | it waits to be accepted | |
//! | a broken TLS handshake, or none | the end of the connection | `tls_failures` |
//! | a broken WebSocket handshake | 400, or 426 | `bad_upgrades` |
//! | a socket too many: of one address; of all | 429; 503, with `Retry-After` | `sockets_crowded`; `sockets_full` |
//! | a socket while the process ends | 503, with `Retry-After` | `sockets_too_late` |
//! | a message over the limit, whole or in pieces | close code 1009 | `frames_too_large` |
//! | text that is no UTF-8 | close code 1007 | `frames_not_text` |
//! | frames against the protocol | close code 1002 | `frames_malformed` |
//! | a socket whose peer does not read | the end of the connection | `writes_stalled` |
//!
//! What the envelope itself earns is the office's to say: [`mediator::Refusal`] and [`mediator::CloseReason`].
#![forbid(unsafe_code)]

mod carrier;
mod counter;
pub mod dock;
pub mod dock_door;
mod media;
mod office;
mod options;
mod server;
mod socket;
mod tally;
mod visit;

pub use carrier::{
    BadHeader, CarrierOptions, Errand, Headers, HttpWsCarrier, NoReply, Reply, Roots, roots_in,
};
pub use counter::{Asked, Told};
pub use hyper::header::{HeaderMap, HeaderName, HeaderValue};
pub use hyper::{Method, StatusCode};
pub use office::{Office, Page, Pages};
pub use options::{Drain, Limits, ServeOptions};
pub use server::proxies::{Network, NotANetwork};
pub use server::serve;
pub use server::tls::{Certificates, TlsFiles};
pub use socket::{Arrived, Frame, Socket};
pub use tally::{Count, Tally};
pub use visit::Visit;
