//! HTTP and WebSockets towards a mediator.

mod http;
mod socket;
mod source;
mod tls;

pub(crate) use http::{Posted, Poster};
pub(crate) use socket::{Dialer, Ended, Line};
pub(crate) use source::Sources;
