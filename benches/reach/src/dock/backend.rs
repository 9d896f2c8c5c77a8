//! A backend that sends every message back. It reads HTTP no better than it has to, so that the dock is measured and not this.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// See the module.
pub struct Backend {
    address: SocketAddr,
}

const THANKS: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

impl Backend {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(tcp));
            }
        });
        Self { address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One connection of a dock, and one back to it.
async fn serve(tcp: TcpStream) -> Option<()> {
    tcp.set_nodelay(true).ok()?;
    let (mut calls, mut back) = (Stream::of(tcp), None);
    loop {
        let call = calls.message().await?;
        let Some(uri) = field(&call, "\"send\":\"").filter(|_| call.contains("\"message\":"))
        else {
            calls.tcp.write_all(THANKS).await.ok()?;
            continue;
        };
        let (host, path) = uri.strip_prefix("http://")?.split_once('/')?;
        let message = field(&call, "\"message\":\"")?;
        let request = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{message}",
            message.len()
        );
        if back.is_none() {
            let tcp = TcpStream::connect(host).await.ok()?;
            tcp.set_nodelay(true).ok()?;
            back = Some(Stream::of(tcp));
        }
        let back = back.as_mut()?;
        back.tcp.write_all(request.as_bytes()).await.ok()?;
        calls.tcp.write_all(THANKS).await.ok()?;
        back.message().await?;
    }
}

/// The value of a field that has nothing in it to escape.
fn field<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(name)?;
    Some(rest.split_once('"')?.0)
}

struct Stream {
    tcp: TcpStream,
    read: Vec<u8>,
}

impl Stream {
    fn of(tcp: TcpStream) -> Self {
        Self { tcp, read: Vec::with_capacity(4096) }
    }

    /// The body of the next request or answer.
    async fn message(&mut self) -> Option<String> {
        loop {
            if let Some((body, end)) = whole(&self.read) {
                let message = String::from_utf8(self.read[body..end].to_vec()).ok();
                self.read.drain(..end);
                return message;
            }
            if self.tcp.read_buf(&mut self.read).await.ok()? == 0 {
                return None;
            }
        }
    }
}

/// Where the body begins and ends, if it is all there.
fn whole(read: &[u8]) -> Option<(usize, usize)> {
    let body = read.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&read[..body]).ok()?.to_ascii_lowercase();
    let (_, length) = head.split_once("content-length: ")?;
    let length: usize = length.split_once("\r\n")?.0.parse().ok()?;
    (read.len() >= body + length).then_some((body, body + length))
}
