//! Requests that are neither envelopes nor pages: callbacks, statuses, what an office serves beside its mail.

use std::net::IpAddr;

use bytes::Bytes;
use hyper::header::HeaderMap;
use hyper::{Method, StatusCode};

/// One request, read whole and within the limits of the port.
#[derive(Debug)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// Its query as it came, without the question mark.
    pub query: Option<String>,
    /// Its header lines.
    pub headers: HeaderMap,
    /// Where it came from, or whom a proxy of ours speaks for.
    pub remote: IpAddr,
    /// Its body.
    pub body: Bytes,
}

/// The answer to it.
#[derive(Debug)]
pub struct Told {
    /// The status.
    pub status: StatusCode,
    /// Further header lines; `content-type` comes from `content_type`.
    pub headers: HeaderMap,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

impl Told {
    /// A status and a line of text.
    pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::typed(status, "text/plain; charset=utf-8", body)
    }

    /// A status and some JSON.
    pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::typed(status, "application/json", body)
    }

    fn typed(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), content_type, body: body.into() }
    }
}
