//! What stands behind the counter.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use mediator::{Answer, Mediator};
use tokio_util::sync::CancellationToken;

use crate::{Asked, Socket, Told, Visit};

/// Who deals with what the transport brings. The mediator is one; tests have smaller ones.
pub trait Office: Send + Sync + 'static {
    /// The status of an envelope that was taken and is not answered.
    const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
    /// Whether envelopes may be posted as any media type, not only as those that envelopes have.
    const ANY_MEDIA_TYPE: bool = false;

    /// Deals with one posted envelope. The future may be dropped when the peer hangs up.
    fn post(self: &Arc<Self>, envelope: &[u8]) -> impl Future<Output = Answer> + Send;

    /// Deals with one socket until it ends. `visit` says who asked for it and how; `drain` fires when the process wants it closed.
    fn serve_socket(
        self: Arc<Self>,
        visit: Visit,
        socket: Socket,
        drain: CancellationToken,
    ) -> impl Future<Output = ()> + Send;

    /// Whether requests with this method on this path are the office's own to answer. It is asked before the port looks at what it
    /// serves itself, upgrades included, and before a body is read.
    fn answers(&self, _method: &Method, _path: &str) -> bool {
        false
    }

    /// Answers one of them. The future may be dropped when the peer hangs up.
    fn answer(self: &Arc<Self>, _asked: Asked) -> impl Future<Output = Told> + Send {
        std::future::ready(Told::text(StatusCode::NOT_FOUND, "nothing here"))
    }
}

// The futures are passed on as they are: awaiting them in one more would keep room for the arguments twice.
impl Office for Mediator {
    fn post(self: &Arc<Self>, envelope: &[u8]) -> impl Future<Output = Answer> + Send {
        Self::post(self, envelope)
    }

    fn serve_socket(
        self: Arc<Self>,
        _: Visit,
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
