//! An agent with an address.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Agent, Heard, History, Parcel};

/// Where the mediator pushes mail: an HTTP server that takes it, or does not.
pub struct Endpoint {
    address: SocketAddr,
    desk: Arc<Desk>,
    door: Option<DropGuard>,
}

/// What an endpoint does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Takes it: 200.
    Yes,
    /// Refuses it for itself: this status.
    No(u16),
    /// Does not answer.
    Never,
}

type Policy = Box<dyn Fn(Option<Parcel>) -> Take + Send + Sync>;

struct Desk {
    policy: Mutex<Policy>,
    agent: Mutex<Option<(Arc<Agent>, History)>>,
    taken: Mutex<Vec<Parcel>>,
    attempts: Mutex<usize>,
    news: Notify,
}

/// Nothing that a test waits for takes longer.
const COMES_WITHIN: Duration = Duration::from_secs(120);

impl Endpoint {
    /// An endpoint that takes everything.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let desk = Arc::new(Desk {
            policy: Mutex::new(Box::new(|_| Take::Yes)),
            agent: Mutex::default(),
            taken: Mutex::default(),
            attempts: Mutex::default(),
            news: Notify::new(),
        });
        let door = Some(desk.clone().attend(listener));
        Self { address, desk, door }
    }

    /// Whose mail it takes: what is in no parcel is opened as this agent.
    pub fn belongs_to(&self, agent: &Arc<Agent>, history: &History) {
        *self.desk.agent.lock() = Some((agent.clone(), history.clone()));
    }

    /// What agents say as their address.
    pub fn uri(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Decides about each message from now on.
    pub fn decide(&self, policy: impl Fn(Option<Parcel>) -> Take + Send + Sync + 'static) {
        *self.desk.policy.lock() = Box::new(policy);
    }

    /// Nobody listens any more; open connections are gone.
    pub fn go_down(&mut self) {
        self.door = None;
    }

    /// Listens again on the same port.
    ///
    /// # Panics
    /// If somebody else has taken the port.
    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("the port is still free");
        self.door = Some(self.desk.clone().attend(listener));
    }

    /// The mail it has taken, in order.
    pub fn taken(&self) -> Vec<Parcel> {
        self.desk.taken.lock().clone()
    }

    /// Messages that were brought, taken or not.
    pub fn attempts(&self) -> usize {
        *self.desk.attempts.lock()
    }

    /// Waits until this holds.
    ///
    /// # Panics
    /// If it never does.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                let news = self.desk.news.notified();
                if holds(self) {
                    return;
                }
                news.await;
            }
        };
        let came = timeout(COMES_WITHIN, waiting).await;
        assert!(came.is_ok(), "the endpoint waits in vain; it has {:?}", self.taken());
    }
}

impl Desk {
    fn attend(self: Arc<Self>, listener: TcpListener) -> DropGuard {
        let open = CancellationToken::new();
        let accepting = self.accept(listener, open.clone());
        tokio::spawn(open.clone().run_until_cancelled_owned(accepting));
        open.drop_guard()
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, open: CancellationToken) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(open.clone().run_until_cancelled_owned(self.clone().serve(stream)));
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request| self.clone().answer(request));
        // However the connection ends, the next one is as good.
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let body =
            request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let status = match self.consider(&body) {
            Take::Yes => 200,
            Take::No(status) => status,
            Take::Never => std::future::pending().await,
        };
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
        Ok(response)
    }

    fn consider(&self, body: &Bytes) -> Take {
        let parcel = Parcel::read(body);
        let take = (self.policy.lock())(parcel);
        *self.attempts.lock() += 1;
        if take == Take::Yes {
            self.take(parcel);
        }
        self.news.notify_waiters();
        take
    }

    fn take(&self, parcel: Option<Parcel>) {
        let Some(parcel) = parcel else { return };
        self.taken.lock().push(parcel);
        if let Some((agent, history)) = &*self.agent.lock() {
            history.arrived(agent.number, history.line(), &Heard::Mail(parcel));
        }
    }
}
