//! The operator's port: `GET /metrics` and `POST /drain`. Off unless it is set.
//!
//! It speaks just enough HTTP/1.1 for a scraper and for `curl`: one request a connection, without a body.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mediator::Mediator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use transport::Tally;

use crate::exit::Misuse;
use crate::health::Health;
use crate::spool::Spool;
use crate::{docks, metrics};

const PATIENCE: Duration = Duration::from_secs(5);
const HEAD_BYTES: usize = 8 * 1024;

/// Serves the operator's port until the process ends, if there is to be one. It goes on while the mediator drains.
///
/// # Errors
/// If its address cannot be listened on.
pub async fn listen(address: Option<SocketAddr>, desk: impl Operated) -> anyhow::Result<()> {
    let Some(address) = address else { return Ok(()) };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Misuse(format!(
            "cannot listen on {address} for operators: {error}; --admin-listen names another"
        ))
    })?;
    tracing::info!(%address, "operators are served");
    let desk = Arc::new(desk);
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((peer, _)) => drop(tokio::spawn(timeout(PATIENCE, serve(desk.clone(), peer)))),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
    Ok(())
}

/// What operators see and touch there.
pub trait Operated: Send + Sync + 'static {
    /// The counters, as Prometheus reads them.
    fn metrics(&self) -> String;

    /// Begins the end.
    fn stop(&self) -> &CancellationToken;
}

/// A mediator, as operators see it.
pub struct Desk {
    /// Counts messages.
    pub mediator: Arc<Mediator>,
    /// Knows whether the stores answer.
    pub health: Arc<Health>,
    /// Counts what waits on this machine.
    pub spool: Option<Arc<Spool>>,
    /// Counts what concerns docks, if there may be any.
    pub docked: Option<docks::Counters>,
    /// Counts connections.
    pub port: Arc<Tally>,
    /// Begins the end.
    pub stop: CancellationToken,
}

impl Operated for Desk {
    fn metrics(&self) -> String {
        let spooled = self.spool.as_ref().map(|spool| spool.waiting());
        let mut out = metrics::text(&self.mediator, &self.health, spooled, &self.port);
        if let Some(docked) = &self.docked {
            docked.write(&mut out);
        }
        out.0
    }

    fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}

async fn serve(desk: Arc<impl Operated>, mut peer: TcpStream) -> std::io::Result<()> {
    let head = read_head(&mut peer).await?;
    let (status, body) = answer(desk.as_ref(), &head);
    let length = body.len();
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\ncontent-length: {length}\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n{body}"
    );
    peer.write_all(response.as_bytes()).await?;
    peer.shutdown().await
}

fn answer(desk: &impl Operated, head: &str) -> (&'static str, String) {
    let mut words = head.split_ascii_whitespace();
    match (words.next(), words.next()) {
        (Some("GET"), Some("/metrics")) => ("200 OK", desk.metrics()),
        (Some("POST"), Some("/drain")) if is_from_a_page(head) => {
            ("403 Forbidden", "not from a web page\n".to_owned())
        }
        (Some("POST"), Some("/drain")) => {
            desk.stop().cancel();
            ("202 Accepted", "draining\n".to_owned())
        }
        _ => ("404 Not Found", "GET /metrics, POST /drain\n".to_owned()),
    }
}

/// A web page anywhere can make its reader's browser post here; the browser then says so.
fn is_from_a_page(head: &str) -> bool {
    head.lines().any(|line| line.to_ascii_lowercase().starts_with("origin:"))
}

async fn read_head(peer: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if peer.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_post_is_told_from_an_operators() {
        assert!(is_from_a_page(
            "POST /drain HTTP/1.1\r\nHost: x\r\nORIGIN: https://evil.example\r\n\r\n"
        ));
        assert!(!is_from_a_page("POST /drain HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
}
