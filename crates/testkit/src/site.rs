//! Somebody with an address.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

/// An HTTP server that remembers what came, and answers as it is told.
pub struct Site {
    address: SocketAddr,
    desk: Arc<Desk>,
    door: Option<DropGuard>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Came {
    /// How.
    pub method: Method,
    /// The path, with the query.
    pub path: String,
    /// With which headers.
    pub headers: HeaderMap,
    /// With what.
    pub body: Bytes,
}

impl Came {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// After how long.
    pub after: Duration,
}

impl Reply {
    /// Nothing, ever.
    pub fn never() -> Self {
        Self { status: 200, body: Bytes::new(), after: Duration::MAX }
    }
}

impl From<u16> for Reply {
    fn from(status: u16) -> Self {
        Self { status, body: Bytes::new(), after: Duration::ZERO }
    }
}

impl From<(u16, String)> for Reply {
    fn from((status, body): (u16, String)) -> Self {
        Self { status, body: body.into(), after: Duration::ZERO }
    }
}

impl From<(u16, &'static str, Duration)> for Reply {
    fn from((status, body, after): (u16, &'static str, Duration)) -> Self {
        Self { status, body: Bytes::from_static(body.as_bytes()), after }
    }
}

type Policy = Box<dyn Fn(usize, &Came) -> Reply + Send>;

struct Desk {
    came: Mutex<Vec<Came>>,
    policy: Mutex<Policy>,
    news: Notify,
    connections: AtomicUsize,
}

/// Nothing that a test waits for takes longer.
const COMES_WITHIN: Duration = Duration::from_secs(120);

impl Site {
    /// One that answers 200 to everything.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let desk = Arc::new(Desk {
            came: Mutex::default(),
            policy: Mutex::new(Box::new(|_, _| Reply::from(200))),
            news: Notify::new(),
            connections: AtomicUsize::new(0),
        });
        let door = Some(desk.clone().attend(listener));
        Self { address, desk, door }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of it; `path` begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Decides from now on, by how many came before and by what came.
    pub fn decide<R: Into<Reply>>(&self, policy: impl Fn(usize, &Came) -> R + Send + 'static) {
        *self.desk.policy.lock() = Box::new(move |before, came| policy(before, came).into());
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

    /// What came, in order.
    pub fn came(&self) -> Vec<Came> {
        self.desk.came.lock().clone()
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.desk.came.lock().len()
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.desk.connections.load(Ordering::Acquire)
    }

    /// The bodies of what came, in order.
    pub fn texts(&self) -> Vec<String> {
        self.desk.came.lock().iter().map(Came::text).collect()
    }

    /// Waits until so many came.
    ///
    /// # Panics
    /// If they never do.
    pub async fn until(&self, count: usize) {
        self.until_it(|site| site.count() >= count).await;
    }

    /// Waits until this holds.
    ///
    /// # Panics
    /// If it never does.
    pub async fn until_it(&self, holds: impl Fn(&Self) -> bool) {
        let waiting = async {
            loop {
                let news = self.desk.news.notified();
                tokio::pin!(news);
                // From here on no news is missed.
                news.as_mut().enable();
                if holds(self) {
                    return;
                }
                news.await;
            }
        };
        let came = timeout(COMES_WITHIN, waiting).await;
        assert!(came.is_ok(), "the site waits in vain; it has {:?}", self.texts());
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
            self.connections.fetch_add(1, Ordering::AcqRel);
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
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        // Whoever was killed while he posted has posted nothing.
        let Ok(body) = body.collect().await else { return std::future::pending().await };
        let came = Came { method: head.method, path, headers: head.headers, body: body.to_bytes() };
        let Reply { status, body, after } = self.consider(came);
        sleep(after).await;
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
        Ok(response)
    }

    fn consider(&self, request: Came) -> Reply {
        let mut came = self.came.lock();
        let reply = (self.policy.lock())(came.len(), &request);
        came.push(request);
        self.news.notify_waiters();
        reply
    }
}
