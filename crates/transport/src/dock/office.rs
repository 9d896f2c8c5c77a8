//! The dock as the office of a port.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mediator::Answer;
use tokio_util::sync::CancellationToken;

use super::{Backend, Berth, BerthId, Berths, DockTally, Private, call};
use crate::{Asked, Method, Office, Socket, StatusCode, Told, Visit};

/// What one socket may use, and when it counts as gone.
#[derive(Debug, Clone)]
pub struct DockOptions {
    /// Bytes that wait for the peer to read them.
    pub outbox_bytes: usize,
    /// Bytes that wait for the backend to take them. While there are more, the socket is not read.
    pub inbox_bytes: usize,
    /// A socket that was silent for so long is pinged.
    pub ping_every: Duration,
    /// How long the answer may take.
    pub ping_patience: Duration,
    /// A socket without a message either way for so long is closed.
    pub idle: Option<Duration>,
}

impl Default for DockOptions {
    fn default() -> Self {
        Self {
            outbox_bytes: 4 << 20,
            inbox_bytes: 1 << 20,
            ping_every: Duration::from_secs(20),
            ping_patience: Duration::from_secs(20),
            idle: None,
        }
    }
}

/// See the module.
pub struct Dock<B> {
    pub(super) backend: B,
    pub(super) berths: Arc<Berths>,
    pub(super) options: DockOptions,
    pub(super) tally: Arc<DockTally>,
    private: Option<Arc<Private>>,
}

impl<B: Backend> Dock<B> {
    /// A dock before this backend, without sockets. `berths` and `tally` may be shared with the backend.
    pub fn new(
        backend: B,
        berths: Arc<Berths>,
        tally: Arc<DockTally>,
        options: DockOptions,
    ) -> Self {
        Self { backend, berths, options, tally, private: None }
    }

    /// Answers for its private side on the same port, as SocketDock does.
    #[must_use]
    pub fn sharing_its_port(mut self, private: Arc<Private>) -> Self {
        self.private = Some(private);
        self
    }

    /// Who stands behind it.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// The socket with this name, if it is still there.
    pub fn find(&self, id: BerthId) -> Option<Arc<Berth>> {
        self.berths.find(id)
    }

    /// Its sockets.
    pub fn berths(&self) -> &Arc<Berths> {
        &self.berths
    }

    /// Its counters.
    pub fn tally(&self) -> &DockTally {
        &self.tally
    }
}

impl<B: Backend> Office for Dock<B> {
    fn post(self: &Arc<Self>, envelope: &[u8]) -> impl Future<Output = Answer> + Send {
        self.backend.post(envelope)
    }

    fn serve_socket(
        self: Arc<Self>,
        visit: Visit,
        socket: Socket,
        drain: CancellationToken,
    ) -> impl Future<Output = ()> + Send {
        call::serve(self, visit, socket, drain)
    }

    fn answers(&self, method: &Method, path: &str) -> bool {
        let refused = !B::TAKES_POSTS && path == "/" && method == Method::POST;
        refused || self.private.as_ref().is_some_and(|private| private.knows(path))
    }

    async fn answer(self: &Arc<Self>, asked: Asked) -> Told {
        match &self.private {
            Some(private) if private.knows(&asked.path) => private.tell(asked).await,
            _ => Told::text(StatusCode::METHOD_NOT_ALLOWED, "only sockets are served here"),
        }
    }
}
