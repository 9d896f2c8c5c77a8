//! What a request says before its body.

use std::net::IpAddr;

use hyper::header::HeaderMap;
use hyper::http::request::Parts;

/// The head of the request that became a socket, and where it came from.
///
/// It is a few hundred bytes for as long as it is held: an office that does not need it drops it before it waits for anything.
#[derive(Debug)]
pub struct Visit {
    head: Parts,
    remote: IpAddr,
}

impl Visit {
    /// The visit of whoever is at `remote`.
    pub fn new(head: Parts, remote: IpAddr) -> Self {
        Self { head, remote }
    }

    /// The path: `/` or `/ws`.
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The query as it came, without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    /// The header lines; their names are lower-case.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The address of the peer, or of whom a proxy of ours speaks for.
    pub fn remote(&self) -> IpAddr {
        self.remote
    }
}
