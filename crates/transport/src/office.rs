//! What stands behind the counter.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use mediator::{Answer, Mediator};
use tokio_util::sync::CancellationToken;

use crate::Socket;

/// Who deals with what the transport brings. The mediator is one; tests have smaller ones.
pub trait Office: Send + Sync + 'static {
    /// Deals with one posted envelope. The future may be dropped when the peer hangs up.
    fn post(self: &Arc<Self>, envelope: &[u8]) -> impl Future<Output = Answer> + Send;

    /// Deals with one socket until it ends. `drain` fires when the process wants it closed.
    fn serve_socket(
        self: Arc<Self>,
        socket: Socket,
        drain: CancellationToken,
    ) -> impl Future<Output = ()> + Send;
}

// The futures are passed on as they are: awaiting them in one more would keep room for the arguments twice.
impl Office for Mediator {
    fn post(self: &Arc<Self>, envelope: &[u8]) -> impl Future<Output = Answer> + Send {
        Self::post(self, envelope)
    }

    fn serve_socket(
        self: Arc<Self>,
        socket: Socket,
        drain: CancellationToken,
    ) -> impl Future<Output = ()> + Send {
        Self::serve_socket(self, socket, drain)
    }
}

/// What a browser, a script or a probe gets to see.
pub trait Pages: Send + Sync + 'static {
    /// `GET /`, with the query as it came (`oob=…`, `c_i=…`).
    fn home(&self, query: Option<&str>) -> Page;

    /// `GET /invitation`: `{"invitation": …, "invitation_url": …}`; `None` if there is none of that kind.
    fn invitation(&self, query: Option<&str>) -> Option<Page>;

    /// Whether `GET /health/ready` is answered with 200.
    fn ready(&self) -> bool;
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its media type.
    pub content_type: &'static str,
    /// The `content-security-policy` header, for HTML.
    pub policy: Option<&'static str>,
    /// What it says.
    pub body: Bytes,
}
