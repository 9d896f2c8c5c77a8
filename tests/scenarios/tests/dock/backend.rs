//! A backend behind a dock: it notes what it is called with, and answers as it is told to.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Nothing that a test waits for takes longer.
pub const COMES_WITHIN: Duration = Duration::from_secs(30);

/// One callback.
#[derive(Debug, Clone)]
pub struct Call {
    /// `connect`, `message` or `disconnect`.
    pub what: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub json: Value,
    pub at: Instant,
    /// Connections that were ever made to the backend until then.
    pub connections: usize,
}

impl Call {
    pub fn id(&self) -> &str {
        let id = &self.json["meta"]["connection_id"];
        id.as_str().or_else(|| self.json["connection_id"].as_str()).expect("an id")
    }

    pub fn send(&self) -> &str {
        self.json["meta"]["send"].as_str().expect("a send URI")
    }

    pub fn disconnect(&self) -> &str {
        self.json["meta"]["disconnect"].as_str().expect("a disconnect URI")
    }

    pub fn message(&self) -> &str {
        self.json["message"].as_str().expect("a message")
    }
}

/// How calls of one kind are answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub status: u16,
    pub after: Duration,
}

impl Default for Answer {
    fn default() -> Self {
        Self { status: 200, after: Duration::ZERO }
    }
}

#[derive(Default)]
struct Notes {
    calls: Vec<Call>,
    answers: HashMap<String, Answer>,
    connections: usize,
}

/// See the module. Its port is free again when it is dropped.
pub struct Backend {
    address: SocketAddr,
    notes: Arc<Mutex<Notes>>,
    _serving: JoinSet<()>,
}

impl Backend {
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let notes = Arc::<Mutex<Notes>>::default();
        let mut serving = JoinSet::new();
        serving.spawn(attend(listener, notes.clone()));
        Self { address, notes, _serving: serving }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on calls of this kind are answered so.
    pub fn answers(&self, what: &str, status: u16) {
        self.answers_after(what, status, Duration::ZERO);
    }

    pub fn answers_after(&self, what: &str, status: u16, after: Duration) {
        self.notes.lock().answers.insert(what.to_owned(), Answer { status, after });
    }

    /// All calls of this kind so far.
    pub fn calls(&self, what: &str) -> Vec<Call> {
        self.notes.lock().calls.iter().filter(|call| call.what == what).cloned().collect()
    }

    /// The kinds of all calls so far, in order.
    pub fn order(&self) -> Vec<String> {
        self.notes.lock().calls.iter().map(|call| call.what.clone()).collect()
    }

    /// What the messages so far said.
    pub fn messages(&self) -> Vec<String> {
        self.calls("message").iter().map(|call| call.message().to_owned()).collect()
    }

    /// The call of this kind with this number, from 1 on, once it has come.
    pub async fn call(&self, what: &str, number: usize) -> Call {
        let comes = async {
            loop {
                if let Some(call) = self.calls(what).into_iter().nth(number - 1) {
                    return call;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        let came = timeout(COMES_WITHIN, comes).await;
        came.unwrap_or_else(|_| panic!("no {what} {number}, but {:?}", self.order()))
    }
}

async fn attend(listener: TcpListener, notes: Arc<Mutex<Notes>>) {
    let mut serving = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        notes.lock().connections += 1;
        serving.spawn(serve(tcp, notes.clone()));
    }
}

async fn serve(tcp: TcpStream, notes: Arc<Mutex<Notes>>) {
    let service = service_fn(move |request| answer(notes.clone(), request));
    // A dock that hangs up is no concern of the backend's.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(tcp), service).await;
}

async fn answer(
    notes: Arc<Mutex<Notes>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let what = request.uri().path().trim_start_matches("/dock/").to_owned();
    let headers = request.headers().clone();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let answer = {
        let mut notes = notes.lock();
        let json = serde_json::from_slice(&body).unwrap_or_default();
        let (at, connections) = (Instant::now(), notes.connections);
        let answer = notes.answers.get(&what).copied().unwrap_or_default();
        notes.calls.push(Call { what, headers, body, json, at, connections });
        answer
    };
    sleep(answer.after).await;
    let mut response = Response::new(Full::from("thank you"));
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    if response.status().is_redirection() {
        let elsewhere = HeaderValue::from_static("/elsewhere");
        response.headers_mut().insert(LOCATION, elsewhere);
    }
    Ok(response)
}
