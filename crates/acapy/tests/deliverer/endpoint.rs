//! Somebody with an address.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// What came.
#[derive(Debug, Clone)]
pub struct Came {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Came {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What it answers: a status and a body, after a while.
pub type Answer = (u16, &'static str, Duration);

type Policy = Box<dyn Fn(usize, &Came) -> Answer + Send>;

/// An HTTP server that remembers what came, and answers as it is told.
pub struct Endpoint {
    address: SocketAddr,
    desk: Arc<Desk>,
    _open: DropGuard,
}

struct Desk {
    came: Mutex<Vec<Came>>,
    policy: Mutex<Policy>,
}

impl Endpoint {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let took: Answer = (200, "", Duration::ZERO);
        let desk = Arc::new(Desk {
            came: Mutex::default(),
            policy: Mutex::new(Box::new(move |_, _| took)),
        });
        let open = CancellationToken::new();
        tokio::spawn(open.clone().run_until_cancelled_owned(desk.clone().accept(listener)));
        Self { address, desk, _open: open.drop_guard() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Decides from now on, by how many came before and by what came.
    pub fn decide(&self, policy: impl Fn(usize, &Came) -> Answer + Send + 'static) {
        *self.desk.policy.lock() = Box::new(policy);
    }

    pub fn came(&self) -> Vec<Came> {
        self.desk.came.lock().clone()
    }

    pub fn texts(&self) -> Vec<String> {
        self.came().iter().map(Came::text).collect()
    }

    /// Waits until so many came.
    pub async fn until(&self, count: usize) {
        super::stage::until(&format!("{count} came, beside {:?}", self.texts()), async || {
            self.came().len() >= count
        })
        .await;
    }
}

impl Desk {
    async fn accept(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().serve(stream));
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request| self.clone().answer(request));
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let request = Came { method: head.method, path, headers: head.headers, body };
        let (status, text, after) = self.consider(request);
        tokio::time::sleep(after).await;
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        Ok(response)
    }

    fn consider(&self, request: Came) -> Answer {
        let mut came = self.came.lock();
        let answer = (self.policy.lock())(came.len(), &request);
        came.push(request);
        answer
    }
}
