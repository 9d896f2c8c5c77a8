//! A stand-in for SocketDock.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::convert::Infallible;
use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_async};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A small dock that does to its backend what SocketDock does: one port for sockets and for what is sent to them, callbacks one after the
/// other for each socket, no second try, no signature, no report of pongs, and a close with 1000 when the backend is not reached.
pub struct StandInDock {
    address: SocketAddr,
    desk: Arc<Desk>,
    _life: DropGuard,
}

/// It dies as a whole: nobody is answered by a part of it that has not noticed.
impl Drop for StandInDock {
    fn drop(&mut self) {
        self.desk.is_dead.store(true, Ordering::SeqCst);
    }
}

struct Desk {
    endpoint: String,
    backend: String,
    http: reqwest::Client,
    sockets: Mutex<HashMap<String, UnboundedSender<Order>>>,
    /// Different for each that was ever started.
    life: u32,
    named: AtomicUsize,
    failed: AtomicUsize,
    is_dead: AtomicBool,
}

/// A message for a wallet, and who waits until it is written.
type Order = (Message, oneshot::Sender<()>);

type Sockets = WebSocketStream<TcpStream>;

impl StandInDock {
    /// A dock on any port.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn start(backend: SocketAddr) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_at(any, backend).await
    }

    /// A dock here, which calls `/dock/connect` and so on of the backend.
    ///
    /// # Panics
    /// If the port cannot be had.
    pub async fn start_at(address: SocketAddr, backend: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let desk = Arc::new(Desk {
            endpoint: format!("http://{address}"),
            backend: format!("http://{backend}/dock"),
            http: reqwest::Client::new(),
            sockets: Mutex::default(),
            life: RandomState::new().build_hasher().finish() as u32,
            named: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            is_dead: AtomicBool::new(false),
        });
        let life = CancellationToken::new();
        tokio::spawn(desk.clone().attend(listener, life.clone()));
        Self { address, desk, _life: life.drop_guard() }
    }

    /// Where wallets dial.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it calls itself.
    pub fn endpoint(&self) -> &str {
        &self.desk.endpoint
    }

    /// Open sockets.
    pub fn sockets(&self) -> usize {
        self.desk.sockets.lock().len()
    }

    /// Callbacks that were not answered with 200.
    pub fn failed(&self) -> usize {
        self.desk.failed.load(Ordering::Relaxed)
    }
}

impl Desk {
    /// Ends with `life`, and everything with it, without a word to anybody.
    async fn attend(self: Arc<Self>, listener: TcpListener, life: CancellationToken) {
        let mut visitors = JoinSet::new();
        loop {
            tokio::select! {
                () = life.cancelled() => return,
                Ok((tcp, _)) = listener.accept() => {
                    visitors.spawn(self.clone().receive(tcp));
                }
                Some(_) = visitors.join_next() => {}
            }
        }
    }

    async fn receive(self: Arc<Self>, tcp: TcpStream) {
        let mut first = [0; 4];
        // A visitor that says nothing is none.
        let Ok(1..) = tcp.peek(&mut first).await else { return };
        if first[0] == b'P' {
            let service = service_fn(move |request| self.clone().serve(request));
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(tcp), service).await;
        } else if let Ok(socket) = accept_async(tcp).await {
            self.hold(socket).await;
        }
    }

    async fn hold(&self, socket: Sockets) {
        let id = format!("{:08x}{:024x}", self.life, self.named.fetch_add(1, Ordering::Relaxed));
        let (orders, coming) = unbounded_channel();
        self.sockets.lock().insert(id.clone(), orders.clone());
        let (sink, stream) = socket.split();
        tokio::select! {
            () = self.read(&id, stream, orders) => {}
            () = write(sink, coming) => {}
        }
        self.sockets.lock().remove(&id);
        self.call("disconnect", json!({ "connection_id": id })).await;
    }

    async fn read(
        &self,
        id: &str,
        mut stream: SplitStream<Sockets>,
        orders: UnboundedSender<Order>,
    ) {
        let mut reached = self.call("connect", json!({ "meta": self.meta(id, true) })).await;
        while reached {
            let Some(Ok(message)) = stream.next().await else { return };
            if message.is_close() {
                return;
            }
            let (Message::Text(_) | Message::Binary(_)) = &message else { continue };
            let Ok(text) = message.into_text() else { break };
            let body = json!({ "meta": self.meta(id, false), "message": text.as_str() });
            reached = text.is_empty() || self.call("message", body).await;
        }
        let _ = orders.send((farewell(), oneshot::channel().0));
        // The writer ends with it.
        std::future::pending::<()>().await;
    }

    fn meta(&self, id: &str, with_headers: bool) -> Value {
        let uri = |what: &str| format!("{}/socket/{id}/{what}", self.endpoint);
        let mut meta =
            json!({ "send": uri("send"), "disconnect": uri("disconnect"), "connection_id": id });
        if with_headers {
            meta["headers"] = json!({ "host": self.endpoint });
        }
        meta
    }

    /// Whether the backend was reached, whatever it said.
    async fn call(&self, what: &str, body: Value) -> bool {
        let request = self.http.post(format!("{}/{what}", self.backend));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await;
        if !answer.as_ref().is_ok_and(|answer| answer.status() == 200) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        answer.is_ok()
    }

    async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let done = self.order(request).await.is_some();
        if self.is_dead.load(Ordering::SeqCst) {
            return std::future::pending().await;
        }
        let (status, body) = match done {
            true => (StatusCode::OK, "OK"),
            false => (StatusCode::INTERNAL_SERVER_ERROR, "FAIL"),
        };
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        Ok(response)
    }

    async fn order(&self, request: Request<Incoming>) -> Option<()> {
        let path = request.uri().path().to_owned();
        let (id, what) = path.strip_prefix("/socket/")?.split_once('/')?;
        let content_type =
            request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes().to_vec());
        let body = request.into_body().collect().await.ok()?.to_bytes();
        let message = match what {
            "send" if content_type? == b"text/plain" => {
                Message::text(std::str::from_utf8(&body).ok()?)
            }
            "send" => Message::Binary(body),
            "disconnect" => farewell(),
            _ => return None,
        };
        let (written, is_written) = oneshot::channel();
        self.sockets.lock().get(id)?.send((message, written)).ok()?;
        is_written.await.ok()
    }
}

fn farewell() -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))
}

async fn write(mut sink: SplitSink<Sockets, Message>, mut orders: UnboundedReceiver<Order>) {
    while let Some((message, written)) = orders.recv().await {
        let is_last = message.is_close();
        if sink.send(message).await.is_err() {
            return;
        }
        // Whoever waited may have gone.
        let _ = written.send(());
        if is_last {
            return;
        }
    }
}
