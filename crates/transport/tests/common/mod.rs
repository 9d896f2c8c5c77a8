//! A small office behind a real port, and the means to misbehave towards it.
#![expect(clippy::unwrap_used, reason = "what the tests set up may fail them")]
#![expect(dead_code, reason = "each test file uses its own part")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use mediator::{Answer, CloseReason, Heard, Link, Receipt, Refusal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::{
    Certificates, Count, Drain, Limits, Network, Office, Page, Pages, ServeOptions, Socket, Tally,
    Visit, serve,
};

/// How the mail in a response fared.
#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    Taken,
    Lost,
}

/// Answers by what the envelope says.
pub struct Counter {
    fates: mpsc::UnboundedSender<Fate>,
    heard: mpsc::UnboundedSender<Heard>,
}

impl Counter {
    fn receipt(&self) -> Receipt {
        let fates = self.fates.clone();
        Receipt::new(move |taken| async move {
            drop(fates.send(if taken { Fate::Taken } else { Fate::Lost }));
        })
    }
}

impl Office for Counter {
    async fn post(self: &Arc<Self>, envelope: &[u8]) -> Answer {
        match envelope {
            b"forward" => Answer::Accepted,
            b"ask" => Answer::Reply { envelope: Bytes::from_static(b"reply"), receipt: None },
            b"mail" => Answer::Reply {
                envelope: Bytes::from_static(b"letter"),
                receipt: Some(self.receipt()),
            },
            b"heavy" => Answer::Reply {
                envelope: Bytes::from(vec![b'x'; 16 << 20]),
                receipt: Some(self.receipt()),
            },
            b"away" => Answer::Cut,
            b"stranger" => Answer::Refused(Refusal::UnknownRecipient),
            b"slow" => {
                tokio::time::sleep(Duration::from_millis(400)).await;
                Answer::Accepted
            }
            _ => Answer::Refused(Refusal::NotAnEnvelope),
        }
    }

    /// Echoes frames; obeys some.
    async fn serve_socket(self: Arc<Self>, _: Visit, mut socket: Socket, drain: CancellationToken) {
        loop {
            let heard = tokio::select! {
                heard = socket.next() => heard,
                () = drain.cancelled() => return socket.close(CloseReason::GoingAway).await,
            };
            let Some(heard) = heard else { return };
            drop(self.heard.send(heard.clone()));
            let done = match heard {
                Heard::Frame(frame) if frame == "ping me" => socket.ping(7).await,
                Heard::Frame(frame) if frame == "flood me" => loop {
                    // Small messages: a large one gets more time.
                    if let Err(down) = socket.send(Bytes::from(vec![b'x'; 4 << 10])).await {
                        break Err(down);
                    }
                },
                Heard::Frame(frame) => socket.send(frame).await,
                Heard::Pong(_) | Heard::Alive => Ok(()),
            };
            if done.is_err() {
                return;
            }
        }
    }
}

struct Leaflets {
    ready: Arc<AtomicBool>,
}

fn page(content_type: &'static str, body: String) -> Page {
    Page { content_type, policy: Some("default-src 'none'"), body: body.into() }
}

impl Pages for Leaflets {
    fn home(&self, query: Option<&str>) -> Page {
        page("text/html; charset=utf-8", format!("<p>{}</p>", query.unwrap_or("scan me")))
    }

    fn invitation(&self, query: Option<&str>) -> Option<Page> {
        query.is_none().then(|| page("application/json", "{}".to_owned()))
    }

    fn ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }
}

/// A port that is being served.
pub struct Port {
    pub address: SocketAddr,
    pub tally: Arc<Tally>,
    pub fates: mpsc::UnboundedReceiver<Fate>,
    pub heard: mpsc::UnboundedReceiver<Heard>,
    pub ready: Arc<AtomicBool>,
    pub drain: CancellationToken,
    pub served: JoinHandle<std::io::Result<()>>,
}

/// Limits small enough to be reached.
pub fn tight() -> Limits {
    Limits {
        header_bytes: 8192,
        header_count: 16,
        header_timeout: Duration::from_millis(300),
        body_bytes: 4096,
        body_timeout: Duration::from_millis(300),
        idle: Duration::from_millis(600),
        frame_bytes: 4096,
        handshake_timeout: Duration::from_millis(500),
        write_timeout: Duration::from_millis(500),
        close_timeout: Duration::from_millis(500),
        receipt_timeout: Duration::from_millis(700),
        ..Limits::default()
    }
}

pub async fn open(limits: Limits) -> Port {
    open_with(limits, None).await
}

pub async fn open_behind(limits: Limits, proxy: &str) -> Port {
    start(limits, None, vec![proxy.parse().unwrap()]).await
}

pub async fn open_with(limits: Limits, tls: Option<Arc<Certificates>>) -> Port {
    start(limits, tls, Vec::new()).await
}

async fn start(limits: Limits, tls: Option<Arc<Certificates>>, proxies: Vec<Network>) -> Port {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (fates_in, fates) = mpsc::unbounded_channel();
    let (heard_in, heard) = mpsc::unbounded_channel();
    let (tally, ready) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(true)));
    let office = Arc::new(Counter { fates: fates_in, heard: heard_in });
    let pages = Arc::new(Leaflets { ready: ready.clone() });
    let drain = CancellationToken::new();
    let options = ServeOptions { limits, tls, proxies, pages, tally: tally.clone() };
    let ending = Drain {
        begin: drain.clone(),
        spread: Duration::from_millis(500),
        patience: Duration::from_secs(2),
    };
    let served = tokio::spawn(serve(listener, office, options, ending));
    Port { address, tally, fates, heard, ready, drain, served }
}

impl Port {
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads to the end of the connection.
    pub async fn exchange(&self, request: &[u8]) -> String {
        let mut tcp = self.connect().await;
        drop(tcp.write_all(request).await);
        rest(&mut tcp).await
    }

    /// Posts an envelope on a connection of its own.
    pub async fn post(&self, envelope: &str) -> String {
        self.exchange(post(envelope, "application/didcomm-envelope-enc").as_bytes()).await
    }

    pub async fn get(&self, target: &str) -> String {
        self.exchange(
            format!("GET {target} HTTP/1.1\r\nhost: m\r\nconnection: close\r\n\r\n").as_bytes(),
        )
        .await
    }

    /// Waits until it has happened so often.
    pub async fn counts(&self, count: Count, times: u64) {
        for _ in 0..500 {
            if self.tally.of(count) == times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} is {}, not {times}", count.label(), self.tally.of(count));
    }
}

pub fn post(envelope: &str, content_type: &str) -> String {
    let length = envelope.len();
    format!(
        "POST / HTTP/1.1\r\nhost: m\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{envelope}"
    )
}

/// Everything that comes until the connection ends, however it ends.
pub async fn rest(tcp: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    drop(tcp.read_to_end(&mut bytes).await);
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn status(response: &str) -> u16 {
    response
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("no status in {response:?}"))
}
